#!/usr/bin/env python3
"""Has Courant read every row of tests/fixtures/xss/rows.txt from a feed and from article pages on loopback, puts what it
publishes into pages without any policy, and loads those in headless Chromium: nothing may run. A page of the rows as they
are is the control: there something must.

    tests/inert.py --courant target/release/courant
"""
import argparse
import html
import http.server
import json
import pathlib
import re
import subprocess
import tempfile
import threading

ROWS = pathlib.Path(__file__).parent / 'fixtures/xss/rows.txt'
SETTINGS = '''
base_url = "http://127.0.0.1:9/"
store = "sqlite:courant.db"
listen = "none"
admin_listen = "none"
[fetch]
allow_networks = ["127.0.0.0/8"]
page_spacing = "0s"
[[source]]
id = "feed"
url = "{origin}/feed.json"
first = 100000
[[feed]]
id = "all"
title = "Everything"
sources = ["*"]
limit = {{ items = 100000, bytes = "100 MB" }}
'''
SITE = '''
[site]
id = "pages"
name = "Pages"
home = "{origin}/list/"
[list]
url = "{origin}/list/"
item = "li"
link = "a @href"
title = "a"
[article]
title = "h1"
body = "div.text"
'''
FIRE = "<script>function fire(){document.documentElement.setAttribute('data-fired','yes')};window.alert=fire</script>"
WORDS = 'The bridge is open again after two winters, said the mayor, and the ferry goes to another town now. '


def rows():
    codes = {'n': '\n', 't': '\t', 'r': '\r', 'f': '\f', '0': '\0', '\\': '\\'}

    def code(match):
        text = match.group(1)
        return codes.get(text) or chr(int(text.strip('xu{}'), 16))

    for line in ROWS.read_text(encoding='utf-8').split('\n'):
        if line and not line.startswith('#'):
            yield re.sub(r'\\(x[0-9a-f]{2}|u\{[0-9a-f]+\}|.)', code, line.split('\t', 1)[1])


class Handler(http.server.BaseHTTPRequestHandler):
    pages = {}

    def do_GET(self):
        kind, body = self.pages.get(self.path, ('text/plain', None))
        self.send_response(200 if body is not None else 404)
        self.send_header('Content-Type', kind)
        self.end_headers()
        self.wfile.write(body or b'')

    def log_message(self, *_):
        pass


def serve():
    items = [{'id': str(number), 'title': f'{number} a {row} b', 'url': f'https://press.example/{number}', 'content_html': f'<p>{WORDS}</p>{row}',
              'authors': [{'name': row}], 'tags': [row], 'date_published': '2026-01-01T00:00:00Z'} for number, row in enumerate(rows())]
    feed = json.dumps({'version': 'https://jsonfeed.org/version/1.1', 'title': 'T', 'items': items})
    Handler.pages['/feed.json'] = 'application/feed+json', feed.encode()
    chunks = [list(rows())[start:start + 40] for start in range(0, len(list(rows())), 40)]
    listed = ''.join(f'<li><a href="/a/{number}">Article {number}</a></li>' for number in range(len(chunks)))
    Handler.pages['/list/'] = 'text/html; charset=utf-8', f'<ul>{listed}</ul>'.encode()
    for number, chunk in enumerate(chunks):
        page = f'<h1>Article {number}</h1><div class="text"><p>{WORDS * 12}</p>{"<p>and</p>".join(chunk)}</div>'
        Handler.pages[f'/a/{number}'] = 'text/html; charset=utf-8', f'<!doctype html>{page}'.encode()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}', len(items), len(chunks)


def fires(folder, name, page):
    path = folder / f'{name}.html'
    path.write_text(page, encoding='utf-8', errors='replace')
    command = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND', '--virtual-time-budget=4000',
               f'--user-data-dir={folder / "profile"}', '--dump-dom', path.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    shown = done.stdout.decode(errors='replace')
    assert 'it was loaded' in shown, f'{name} was not loaded: {shown[:300]} {done.stderr[-500:]}'
    return 'data-fired="yes"' in shown


def inserted(bodies):
    """Each body put in by a script, taken out as it stands, and put in again."""
    texts = json.dumps(bodies).replace('<', '\\u003c')
    return (f'<div id=x></div><script>for (const body of {texts}) {{ const made = document.createElement("div");'
            'document.body.append(made); made.innerHTML = body; made.innerHTML = made.innerHTML; }</script>')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--courant', required=True)
    courant = pathlib.Path(parser.parse_args().courant).resolve()
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        origin, entries, pages = serve()
        (folder / 'sites').mkdir()
        (folder / 'sites/pages.toml').write_text(SITE.format(origin=origin))
        (folder / 'courant.toml').write_text(SETTINGS.format(origin=origin))
        # Pages beyond the first dozen wait for the next round.
        for _ in range(3):
            subprocess.run([courant, 'once', '--now'], cwd=folder, check=True, capture_output=True)
        feed = json.loads((folder / 'public/all.json').read_text(encoding='utf-8'))
        bodies = [item.get('content_html', '') for item in feed['items']]
        assert len(bodies) == entries + pages, f'{len(bodies)} articles of {entries} entries and {pages} pages'
        without = [item for item in feed['items'] if 'the ferry goes' not in item.get('content_html', '')]
        assert not without, f'{len(without)} articles lost their text, as {json.dumps(without[0])[:2000]}'
        own = (folder / 'public/all/index.html').read_text(encoding='utf-8')
        open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', FIRE, own)
        assert open_page != own
        head, tail = f'<!doctype html><meta charset=utf-8><html><body>{FIRE}', '<p>it was loaded</p>'
        checks = {
            'bodies': head + tail + ''.join(f'<div>{body}</div>' for body in bodies),
            'inserted': head + tail + inserted(bodies),
            'titles': head + tail + ''.join(f'<h2>{html.escape(item.get("title", ""))}</h2>' for item in feed['items']),
            'page': open_page.replace('<main', tail + '<main'),
        }
        for name, page in checks.items():
            assert not fires(folder, name, page), f'something ran on the page of {name}'
        # The control, row by row in groups: a row that opens a comment hides the others.
        control = [head + tail + ''.join(list(rows())[start:start + 10]) for start in range(0, entries, 10)]
        fired = sum(fires(folder, 'control', page) for page in control[:6])
        assert fired >= 3, f'only {fired} of 6 pages of rows as they are ran anything: this proves nothing'
        print(f'inert: {entries} ways to run something, in {len(bodies)} articles, do nothing in Chromium; as they are, they do')


main()
