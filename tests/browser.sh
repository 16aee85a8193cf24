#!/usr/bin/env bash
# Opens the pages of a running demo in headless Chromium: titles, feed links and articles must be in the rendered page, and
# nothing may be loaded or run that the policy of the pages forbids.
set -euo pipefail
courant=$1
work=$(mktemp -d)
"$courant" demo --out "$work/demo" --tick 1h > "$work/out" 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  address=$(grep -oE 'open http://127\.0\.0\.1:[0-9]+/' "$work/out" | cut -d' ' -f2 || true)
  grep -q 'keeps running' "$work/out" && break
  sleep 0.2
done
[ -n "$address" ] || { echo "the demo named no address:"; cat "$work/out"; exit 1; }
browse() {
  timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile" --enable-logging=stderr --v=0 "$@" 2>> "$work/browser"
}
expect() { grep -qF -- "$2" "$1" || { echo "$1 lacks: $2"; exit 1; }; }
browse --dump-dom "$address" > "$work/index.html"
expect "$work/index.html" 'Lindhaven, official news'
expect "$work/index.html" 'application/atom+xml'
expect "$work/index.html" 'application/rss+xml'
browse --dump-dom "${address}official/" > "$work/feed.html"
expect "$work/feed.html" 'Mayor reopens the east quay'
expect "$work/feed.html" 'Мэр открыла восточный причал'
browse --screenshot="$work/feed.png" --window-size=390,900 "${address}official/"
[ -s "$work/feed.png" ] || { echo "no screenshot was made"; exit 1; }
if grep -E 'Refused to|Content Security Policy' "$work/browser"; then
  echo "the pages ask for something their own policy forbids"; exit 1
fi
echo "browser: the index and a feed page render at ${address}"
python3 "$(dirname "$0")/inert.py" --courant "$courant"
