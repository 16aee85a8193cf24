#!/usr/bin/env python3
"""Kill `courant once` at random moments, then let it finish once: nothing may be lost, doubled or left half written.

A small world on loopback (two feeds, one listing page with its article pages) gains entries before every run. After each
kill every published file must still be whole; after the last, clean run the store must hold each entry exactly once and the
feeds must show them.
"""
import argparse
import http.server
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import feedparser

SETTINGS = '''
base_url = "http://127.0.0.1:9/"
store = "sqlite:courant.db"
output = "public"
sites = "sites"
[fetch]
allow_networks = ["127.0.0.0/8"]
page_spacing = "0s"
[[source]]
id = "rss"
url = "{origin}/feed.rss"
[[source]]
id = "atom"
url = "{origin}/feed.atom"
[[feed]]
id = "all"
title = "Everything"
sources = ["*"]
limit = {{ items = 100000, bytes = "500 MB" }}
'''

SITE = '''
[site]
id = "site"
home = "{origin}/site/"
timezone = "UTC"
[list]
url = ["{origin}/site/"]
item = "li.item"
link = "a @href"
title = "a"
[article]
title = "h1"
body = "div.body"
published = {{ select = ".date", format = "%d.%m.%Y %H:%M:%S" }}
'''


class World:
    def __init__(self):
        self.count = 0

    def grow(self, by):
        self.count += by

    def when(self, n):
        return time.gmtime(1_700_000_000 + n * 60)

    def page(self, path):
        newest_first = range(self.count, 0, -1)
        if path == '/feed.rss':
            items = ''.join(f'<item><guid isPermaLink="false">rss-{n}</guid><title>Item {n}</title>'
                            f'<pubDate>{time.strftime("%a, %d %b %Y %H:%M:%S GMT", self.when(n))}</pubDate>'
                            f'<description>Text of item {n}, long enough to be told apart.</description></item>' for n in newest_first)
            return 'application/rss+xml', f'<rss version="2.0"><channel><title>RSS</title>{items}</channel></rss>'
        if path == '/feed.atom':
            entries = ''.join(f'<entry><id>tag:kill9.example,2026:{n}</id><title>Entry {n}</title>'
                              f'<updated>{time.strftime("%Y-%m-%dT%H:%M:%SZ", self.when(n))}</updated>'
                              f'<content type="html">&lt;p&gt;Text of entry {n}.&lt;/p&gt;</content></entry>' for n in newest_first)
            return 'application/atom+xml', f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title>{entries}</feed>'
        if path == '/site/':
            items = ''.join(f'<li class="item"><a href="/site/{n}.html">Page {n}</a></li>' for n in newest_first)
            return 'text/html', f'<!DOCTYPE html><title>Site</title><ul>{items}</ul>'
        name = path.removeprefix('/site/').removesuffix('.html')
        if name.isdigit() and 1 <= int(name) <= self.count:
            date = time.strftime('%d.%m.%Y %H:%M:%S', self.when(int(name)))
            return 'text/html', (f'<!DOCTYPE html><title>Page {name}</title><div class="date">{date}</div><h1>Page {name}</h1>'
                                 f'<div class="body"><p>The text of page {name} stands here, in a sentence of its own.</p></div>')
        return None


def serve(world):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            found = world.page(self.path)
            body = (found[1] if found else 'no such page').encode()
            self.send_response(200 if found else 404)
            self.send_header('Content-Type', found[0] if found else 'text/plain')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that was killed takes its connection along: that is the test, not a failure."""

    server = Server(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def fail(message):
    sys.exit(f'kill9: {message}')


def check_files(folder):
    """Every published file is whole, whatever happened while it was written."""
    for path in folder.glob('all.*'):
        data = path.read_bytes()
        if path.suffix == '.json':
            json.loads(data)
        elif path.suffix in ('.rss', '.atom'):
            if feedparser.parse(data).bozo:
                fail(f'{path.name} is not well-formed after a kill')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--courant', required=True)
    arguments.add_argument('--times', type=int, default=50)
    arguments.add_argument('--seed', type=int, default=int(time.time()))
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    world = World()
    server = serve(world)
    origin = f'http://127.0.0.1:{server.server_port}'
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / 'courant.toml').write_text(SETTINGS.format(origin=origin))
        (folder / 'sites').mkdir()
        (folder / 'sites' / 'site.toml').write_text(SITE.format(origin=origin))
        once = [given.courant, 'once', '--now']

        killed = finished = 0
        while killed < given.times and finished < 4 * given.times:
            world.grow(chance.randint(1, 3))
            if (killed + finished) % 10 == 0:            # how long a whole run takes changes as the world grows
                began = time.monotonic()
                subprocess.run(once, cwd=folder, check=True, capture_output=True)
                usual = time.monotonic() - began
                world.grow(chance.randint(1, 3))
            run = subprocess.Popen(once, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(chance.uniform(0, usual))
                finished += 1
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                killed += 1
            check_files(folder / 'public')
        if killed < given.times:
            fail(f'only {killed} of {given.times} runs could be killed: the moments were badly chosen')

        # A killed run leaves leases behind; the clean round takes what it may, waits out the rest, and goes on.
        deadline = time.monotonic() + 120
        while True:
            done = subprocess.run(once, cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                fail(f'the clean run left with {done.returncode}: {done.stderr}')
            store = sqlite3.connect(folder / 'courant.db')
            held = [row[0] for row in store.execute('SELECT guid FROM articles')]
            if len(held) >= 3 * world.count or time.monotonic() > deadline:
                break
            time.sleep(1)
        wanted = {f'{kind}{n}{end}' for n in range(1, world.count + 1)
                  for kind, end in (('rss-', ''), ('tag:kill9.example,2026:', ''), (f'{origin}/site/', '.html'))}
        if store.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            fail('the store is damaged')
        if sorted(held) != sorted(wanted):
            twice = sorted({guid for guid in held if held.count(guid) > 1})
            fail(f'lost {sorted(wanted - set(held))[:5]}, twice {twice[:5]}, foreign {sorted(set(held) - wanted)[:5]}')
        announced = store.execute('SELECT COUNT(*) FROM articles WHERE announced_at IS NOT NULL').fetchone()[0]
        check_files(folder / 'public')
        shown = json.loads((folder / 'public' / 'all.json').read_bytes())['items']
        if len(shown) != announced or len({item['id'] for item in shown}) != announced:
            fail(f'{announced} articles are announced, the feed shows {len(shown)}')
        print(f'kill9: {killed} runs killed, {finished} came through; {len(held)} articles held, none lost, none twice; '
              f'{announced} in the feed (seed {given.seed})')
    server.shutdown()


if __name__ == '__main__':
    main()
