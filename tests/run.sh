#!/usr/bin/env bash
# Every test there is: format, lints, docs, unit and integration tests, the demo read back by other programs, kill -9, and
# the scores on the corpora. Installs what it needs (as root; otherwise it says what is missing). Two cores: about 20 minutes
# on a fresh machine, 5 on a warm one.
set -euo pipefail
cd "$(dirname "$0")/.."

left_out=()
began=$SECONDS
step() { printf '\n== %s (%ds)\n' "$*" "$((SECONDS - began))"; }
leave_out() { left_out+=("$1"); printf 'LEFT OUT: %s\n' "$1"; }

step "tools"
command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
command -v python3 >/dev/null || { echo "python3 is missing: install it" >&2; exit 1; }
packages=()
command -v newsboat >/dev/null || packages+=(newsboat)
command -v chromium >/dev/null || packages+=(chromium)
command -v jing >/dev/null || packages+=(jing)
command -v caddy >/dev/null || packages+=(caddy)
# 60 MB to fetch. Akregator would be 100 MB more, and shows the same as Liferea.
command -v liferea >/dev/null || packages+=(liferea)
command -v Xvfb >/dev/null || packages+=(xvfb)
command -v dbus-daemon >/dev/null || packages+=(dbus-daemon)
command -v gdbus >/dev/null || packages+=(libglib2.0-bin)
export PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || packages+=(nginx-light libnginx-mod-http-brotli-static)
if [ "${#packages[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  else
    echo "cannot install ${packages[*]}: not root, or no apt-get"
  fi
fi
venv=target/test-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import feedparser, html5lib, jsonschema, reader' 2>/dev/null ||
  "$venv/bin/python" -m pip install --quiet feedparser==6.0.12 html5lib==1.1 jsonschema==4.26.0 reader==3.26

step "format"
cargo fmt --check

step "lints"
cargo clippy --all-targets --quiet -- -D warnings

step "docs"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet

step "unit and integration tests"
cargo test --quiet

step "release build"
cargo build --release --quiet
courant=$PWD/target/release/courant

step "what is published, by every rule there is"
if ! command -v jing >/dev/null; then
  leave_out "Atom against its schema (jing is not installed)"
elif [ -n "${COURANT_CORPORA:-}" ]; then
  # Written by the test `outputs`.
  "$venv/bin/python" tests/outputs.py target/tmp/outputs
else
  leave_out "the outputs of the corpora (COURANT_CORPORA is not set)"
fi

step "the demo, read back by feedparser and newsboat"
demo=$(mktemp -d)
trap 'rm -rf "$demo"' EXIT
"$courant" demo --once --out "$demo"
for feed in official english all; do
  "$venv/bin/python" tests/readback.py "$demo/public" "$feed"
done
if command -v jing >/dev/null; then
  "$venv/bin/python" tests/outputs.py "$demo/public"
fi
if command -v newsboat >/dev/null; then
  tests/newsboat.sh "$demo/public"
else
  leave_out "the demo's feeds in newsboat (not installed)"
fi

step "readers subscribe while the demo publishes, 96 times"
"$venv/bin/python" tests/readers.py --courant "$courant"

step "the demo's folder behind nginx, by the sample settings"
if command -v nginx >/dev/null; then
  tests/nginx.sh "$demo/public"
else
  leave_out "the demo's folder behind nginx (not installed)"
fi

step "generated feeds, read as Universal Feed Parser reads them"
"$venv/bin/python" tests/oracle.py --courant "$courant" --seed 1 --count 3000

step "the pages in a browser"
if command -v chromium >/dev/null; then
  tests/browser.sh "$courant"
else
  leave_out "the pages in Chromium (not installed)"
fi

step "kill -9 while it works"
"$venv/bin/python" tests/kill9.py --courant "$courant" --times 50

step "kill -9 while a copy is put in the place of the store"
"$venv/bin/python" tests/restore9.py --courant "$courant" --times 10 --entries 600

step "a short soak: growth, faults, new settings, kill -9"
"$venv/bin/python" tests/soak.py --courant "$courant" --minutes 2 --n 60 --tick 3 --every 3 --kill-every 12

step "scores"
if [ -n "${COURANT_CORPORA:-}" ]; then
  python3 tests/ratchet.py --courant "$courant" --corpora "$COURANT_CORPORA"
else
  leave_out "the scores on the corpora (COURANT_CORPORA is not set)"
fi

step "done"
if [ "${#left_out[@]}" -gt 0 ]; then
  printf 'left out: %s\n' "${left_out[@]}"
fi
echo "all tests passed"
