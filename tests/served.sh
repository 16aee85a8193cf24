# What the tests of web servers begin with, for `source`: `$folder` is a copy of the folder given, `$work` a folder for the rest,
# `$port` is free, and the project is the folder we are in.
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# With an archive, whether the folder has one or not.
cp -r "$folder" "$work/public"
mkdir -p "$work/public/all/archive"
for file in "$folder"/all.rss*; do cp -p "$file" "$work/public/all/archive/1${file##*/all}"; done
folder=$work/public
