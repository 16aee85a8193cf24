#!/usr/bin/env bash
# Reads the published RSS and Atom feeds of a folder with newsboat: it must list entries and complain about nothing.
set -euo pipefail
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$folder"/*.rss "$folder"/*.atom; do
  printf 'file://%s\n' "$file" >> "$work/urls"
done
printf 'error-log %s/errors\n' "$work" > "$work/config"
newsboat -q -u "$work/urls" -c "$work/cache.db" -C "$work/config" -l 2 -d "$work/log" -x reload 2>&1 | grep -v '^$' || true
if [ -s "$work/errors" ]; then
  echo "newsboat complains:"; cat "$work/errors"; exit 1
fi
python3 - "$work/cache.db" "$(wc -l < "$work/urls")" <<'PYTHON'
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(
    'SELECT feedurl, COUNT(*), SUM(title = "" AND content = "") FROM rss_item GROUP BY feedurl').fetchall()
for url, count, empty in rows:
    print(f'newsboat: {count:3} entries in {url.rsplit("/", 1)[1]}')
bad = [url for url, count, empty in rows if not count or empty]
if bad or len(rows) != int(sys.argv[2]):
    sys.exit(f'newsboat read {len(rows)} of {sys.argv[2]} feeds, with empty entries in {bad}')
PYTHON
