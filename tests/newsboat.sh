#!/usr/bin/env bash
# Reads the published RSS and Atom feeds of a folder with newsboat: it must list every entry and complain about nothing. One
# cache per feed: newsboat keeps one entry per id, and the feeds share entries.
set -euo pipefail
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$folder"/*.rss "$folder"/*.atom; do
  name=$(basename "$file")
  printf 'file://%s\n' "$file" > "$work/urls"
  printf 'error-log %s/errors\n' "$work" > "$work/config"
  newsboat -q -u "$work/urls" -c "$work/$name.db" -C "$work/config" -l 2 -d "$work/log" -x reload
  if [ -s "$work/errors" ]; then
    echo "newsboat complains about $name:"; cat "$work/errors"; exit 1
  fi
  python3 - "$work/$name.db" "$folder/${name%.*}.json" "$name" <<'PYTHON'
import json, sqlite3, sys
cache, feed, name = sys.argv[1:]
rows = sqlite3.connect(cache).execute('SELECT title, content FROM rss_item').fetchall()
wanted = len(json.load(open(feed, encoding='utf-8'))['items'])
empty = sum(not title and not content for title, content in rows)
if len(rows) != wanted or empty:
    sys.exit(f'newsboat: {len(rows)} of {wanted} entries in {name}, {empty} of them empty')
print(f'newsboat: {len(rows)} entries in {name}')
PYTHON
done
