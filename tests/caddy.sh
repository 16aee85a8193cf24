#!/usr/bin/env bash
# Serves a folder of published files with the real Caddy by the sample settings, and asks for everything in it (`served.py`).
# `tests/caddy.sh FOLDER`; the folder holds a feed named `all`.
set -euo pipefail
source "$(dirname "$0")/served.sh"
# As it is, for a public name; then the same on loopback without a certificate, and without the door for administrators.
caddy fmt config/caddy/Caddyfile | cmp - config/caddy/Caddyfile
{
  printf '{\n\tadmin off\n}\n'
  sed -e "s|^news.example.org {|http://127.0.0.1:$port {|" -e "s|root \* /srv/courant/public|root * $folder|" config/caddy/Caddyfile
} > "$work/Caddyfile"
export HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work
caddy run --config "$work/Caddyfile" --adapter caddyfile 2> "$work/errors" & server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
if ! python3 tests/served.py caddy "$folder" "http://127.0.0.1:$port/feeds/" br; then
  cat "$work/errors"; exit 1
fi
if grep -vF 'admin endpoint disabled' "$work/errors" | grep -E '"level":"(warn|error|panic|fatal)"'; then
  echo "caddy complains"; exit 1
fi
