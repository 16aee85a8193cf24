#!/usr/bin/env bash
# Makes the seeds of every target in fuzz/corpus: from the fixtures and snapshots of the tests, and from the documents of the
# corpora where COURANT_CORPORA is set. Large documents are left out: they make a fuzzer slow and add no code it can reach.
set -euo pipefail
cd "$(dirname "$0")/.."

# Copies a file under the name of its content, so that nothing is there twice.
seed() { # TARGET FILE
  mkdir -p "fuzz/corpus/$1"
  cp "$2" "fuzz/corpus/$1/$(sha1sum <"$2" | cut -c1-40)"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Feeds of ours: a snapshot without its head.
for snapshot in tests/snapshots/*_{rss,atom,json}.snap; do
  sed '1,/^---$/d' "$snapshot" >"$scratch/feed"
  for target in read publish; do seed "$target" "$scratch/feed"; done
done
for page in tests/fixtures/pages/*/*.html; do
  for target in extract listing; do seed "$target" "$page"; done
done
for site in tests/fixtures/pages/*/site.toml; do
  # Only what both tables know: `[list]` and `[article]`.
  awk '/^\[/ { keep = /^\[+(list|article)/ } keep' "$site" >"$scratch/rules"
  printf '\n---\n' >>"$scratch/rules"
  cat "$(dirname "$site")/bridge.html" >>"$scratch/rules"
  seed rules "$scratch/rules"
done

# Dates, one a line: what feeds and pages write, and what they should not.
while read -r line; do
  printf '%s' "$line" >"$scratch/date"
  seed date "$scratch/date"
done <<'DATES'
Mon, 06 Jul 2026 10:00:00 GMT
Monday, 6-Jul-26 10:00 EST
2026-07-06T10:00:00.25+02:00
2026-W28-1
20260706T100000Z
2026-187
6 июля 2026, 10:00
6. Juli 2026
06.07.2026 10:00
07/06/2026 10:00 PM
Today, 10:00
1783332000
Thu Jul  6 10:00:00 CEST 2026
DATES

if [ -n "${COURANT_CORPORA:-}" ]; then
  while read -r file; do
    for target in read publish; do seed "$target" "$file"; done
  done < <(find "$COURANT_CORPORA/feeds/files" -type f -size -12k)
  while read -r file; do
    for target in extract listing; do seed "$target" "$file"; done
  done < <(find "$COURANT_CORPORA"/pages-*/html -type f -size -40k | sort | head -300)
else
  echo "LEFT OUT: the documents of the corpora (COURANT_CORPORA is not set)"
fi
for folder in fuzz/corpus/*/; do printf '%s: %d seeds\n' "$(basename "$folder")" "$(find "$folder" -type f | wc -l)"; done
