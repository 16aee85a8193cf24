#!/usr/bin/env bash
# Serves a folder of published files with the real nginx by the sample settings, and asks for everything in it: types, codings,
# validators, HEAD, pages, bare names, what is hidden. `tests/nginx.sh FOLDER`; the folder holds a feed named `all`.
set -euo pipefail
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -e "s|listen 80;|listen 127.0.0.1:$port;|" -e "s|alias /srv/courant/public/;|alias $folder/;|" config/nginx/courant.conf > "$work/courant.conf"
modules=
for module in /usr/lib/nginx/modules/ngx_http_brotli_static_module.so; do
  [ -e "$module" ] || continue
  modules="load_module $module;"
  sed -i 's|# brotli_static on;|brotli_static on;|' "$work/courant.conf"
done
cat > "$work/nginx.conf" <<CONF
$modules
daemon off;
pid $work/pid;
error_log $work/errors warn;
events {}
http {
  access_log off;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  include $work/courant.conf;
}
CONF
# Its workers run as another user where this runs as root.
chmod 755 "$work"; for up in "$folder" "$(dirname "$folder")"; do chmod o+rx "$up"; done
nginx -c "$work/nginx.conf" -e "$work/errors" & server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
python3 - "$folder" "http://127.0.0.1:$port/feeds/" "$modules" <<'PYTHON'
import gzip, http.client, pathlib, sys, time, urllib.parse
folder, base, brotli = pathlib.Path(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2]), bool(sys.argv[3])
TYPES = {'rss': 'application/rss+xml; charset=utf-8', 'atom': 'application/atom+xml; charset=utf-8', 'json': 'application/feed+json',
         'ndjson': 'application/x-ndjson', 'opml': 'text/x-opml; charset=utf-8', 'html': 'text/html; charset=utf-8',
         'svg': 'image/svg+xml'}


def ask(path, method='GET', **headers):
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=10)
    connection.request(method, base.path + path, headers={k.replace('_', '-'): v for k, v in headers.items()})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, reply.headers, body


def check(wanted, found, what):
    if wanted != found:
        sys.exit(f'nginx: {what}: {found!r} in place of {wanted!r}')


for _ in range(100):
    try:
        ask('')
        break
    except OSError:
        time.sleep(0.05)
files = [path for path in sorted(folder.rglob('*')) if path.is_file() and path.suffix[1:] in TYPES]
check(True, len(files) > 5, 'there are files')
for path in files:
    name = str(path.relative_to(folder))
    shown = name.removesuffix('index.html')
    status, headers, body = ask(shown)
    check((200, TYPES[path.suffix[1:]]), (status, headers['Content-Type']), name)
    check(path.read_bytes(), body, name)
    check('*', headers['Access-Control-Allow-Origin'], f'{name} for scripts of others')
    check('public, max-age=' + ('86400' if '/archive/' in name else '300'), headers['Cache-Control'], f'{name} in caches')
    for condition in ({'If_None_Match': headers['ETag']}, {'If_Modified_Since': headers['Last-Modified']}):
        check((304, b''), ask(shown, **condition)[::2], f'{name} with {condition}')
    head = ask(shown, 'HEAD')
    check((200, b'', headers['Content-Length']), (head[0], head[2], head[1]['Content-Length']), f'HEAD {name}')
    if path.stat().st_size < 256:
        continue
    status, headers, body = ask(shown, Accept_Encoding='gzip')
    check((200, 'gzip', TYPES[path.suffix[1:]]), (status, headers['Content-Encoding'], headers['Content-Type']), f'{name} gzipped')
    check(pathlib.Path(f'{path}.gz').read_bytes(), body, f'the twin of {name}')
    check(path.read_bytes(), gzip.decompress(body), f'{name} unpacked')
    check(304, ask(shown, Accept_Encoding='gzip', If_None_Match=headers['ETag'])[0], f'{name} gzipped, held')
    check(True, 'Accept-Encoding' in headers['Vary'], f'Vary of {name}')
    if brotli:
        status, headers, body = ask(shown, Accept_Encoding='br')
        check((200, 'br'), (status, headers['Content-Encoding']), f'{name} in Brotli')
        check(pathlib.Path(f'{path}.br').read_bytes(), body, f'the Brotli twin of {name}')
for accept, kind in (('*/*', 'rss'), ('application/atom+xml', 'atom'), ('application/feed+json, */*;q=0.1', 'json')):
    status, headers, body = ask('all', Accept=accept)
    check((200, TYPES[kind]), (status, headers['Content-Type']), f'`all` for {accept}')
    check((folder / f'all.{kind}').read_bytes(), body, f'`all` for {accept}')
status, headers, _ = ask('all', Accept='text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')
check((307, 'all/'), (status, headers['Location']), '`all` for a browser')
check(404, ask('.courant.published')[0], 'the list of files')
check(404, ask('other.rss')[0], 'what is not there')
check(403, ask('all.rss', 'POST')[0], 'POST')
print(f'nginx: {len(files)} files, types, codings{" with Brotli" if brotli else ""}, validators and bare names right')
PYTHON
if grep -qE '\[(error|crit|alert|emerg)\]' "$work/errors" && grep -vE 'No such file|access forbidden' "$work/errors" | grep -qE '\[(error|crit|alert|emerg)\]'; then
  echo "nginx complains:"; cat "$work/errors"; exit 1
fi
