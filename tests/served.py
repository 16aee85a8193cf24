"""Asks a web server for everything in a folder of published files: types, codings, validators, HEAD, pages, bare names, what is
hidden, what is not there, scripts of others, how long caches may keep it.

`tests/served.py SERVER FOLDER ADDRESS BROTLI`: BROTLI is empty where the server hands out no twins in Brotli. The folder holds a
feed named `all`.
"""
import gzip
import http.client
import pathlib
import sys
import time
import urllib.parse

server, folder, base, brotli = sys.argv[1], pathlib.Path(sys.argv[2]), urllib.parse.urlsplit(sys.argv[3]), bool(sys.argv[4])
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
        sys.exit(f'{server}: {what}: {found!r} in place of {wanted!r}')


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
check(True, ask('all.rss', 'POST')[0] in (403, 405), 'POST')
print(f'{server}: {len(files)} files, types, codings{" with Brotli" if brotli else ""}, validators and bare names right')
