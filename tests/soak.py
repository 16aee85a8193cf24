#!/usr/bin/env python3
"""A soak: the daemon at work on a world that grows every few seconds, with faults, new settings and `kill -9` every minute.

The world is `tests/farm.py`, or any server with the same addresses (`--farm http://127.0.0.1:8801`). After each kill every
published file must be whole and no article twice in it. The last fifth goes without kills, so that the memory of one process
is seen. In the end the store must hold every entry there ever was exactly once, and the feed must show what the store holds.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

import feedparser

from farm import FAULTS, Farm

SETTINGS = '''
base_url = "http://127.0.0.1:9/"
store = "sqlite:courant.db"
output = "public"
listen = "none"
admin_listen = "none"
[fetch]
allow_networks = ["127.0.0.0/8"]
timeout = "6s"
connect_timeout = "2s"
first_byte_timeout = "4s"
[[feed]]
id = "news"
title = "News"
sources = ["*"]
limit = {{ items = {items}, bytes = "2 GB" }}
{formats}
'''
EXTRA = '[[feed]]\nid = "extra"\ntitle = "Extra"\nsources = ["tag:even"]\nlimit = { items = 50 }\n'
LINK = re.compile(r'/site/(\d+)/a/(\d+)\.html')


def fail(message):
    sys.exit(f'soak: {message}')


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


# The shortest run that tells whether memory grows.
JUDGED_MINUTES = 15


class Soak:
    def __init__(self, given, folder, farm):
        self.given, self.folder, self.farm = given, folder, farm
        self.chance = random.Random(given.seed)
        self.counts = collections.Counter()
        self.urls = get(f'{farm}/_/list?n={given.n}').split()
        self.bad = {}
        self.extra = False
        self.rss = []
        self.log = open(folder / 'log', 'ab')
        self.daemon = None

    def settings(self, items=1000, formats='', tail=''):
        text = SETTINGS.format(items=items, formats=formats) + (EXTRA if self.extra else '') + tail
        self.write('courant.toml', text)

    def write(self, name, text):
        beside = self.folder / (name + '.new')
        beside.write_text(text)
        beside.rename(self.folder / name)

    def sources(self):
        """A file for each hundred sources; the bad ones under an address that fails."""
        (self.folder / 'sources').mkdir(exist_ok=True)
        for begin in range(0, len(self.urls), 100):
            tables = []
            for n, url in enumerate(self.urls[begin:begin + 100], begin):
                url = url.replace('/f/', f'/x/{self.bad[n]}/') if n in self.bad else url
                tag = 'even' if n % 2 == 0 else 'odd'
                tables.append(f'[[source]]\nid = "s{n}"\nurl = "{url}"\nevery = "{self.given.every}s"\ninsist = true\ntags = ["{tag}"]\n')
            self.write(f'sources/farm-{begin}.toml', '\n'.join(tables))

    def courant(self, *arguments):
        return subprocess.run([self.given.courant, *arguments], cwd=self.folder, capture_output=True, text=True)

    def start(self):
        self.daemon = subprocess.Popen([self.given.courant, '--log', 'warn', 'run'], cwd=self.folder,
                                       stdout=self.log, stderr=self.log)
        self.began = time.monotonic()

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()
        self.counts['kills'] += 1
        self.check_files()

    def sample(self):
        if self.daemon.poll() is not None:
            fail(f'the daemon left with {self.daemon.returncode}: {(self.folder / "log").read_text()[-2000:]}')
        status = pathlib.Path(f'/proc/{self.daemon.pid}/status').read_text()
        memory = int(re.search(r'VmRSS:\s+(\d+)', status)[1]) / 1024
        self.rss.append((time.monotonic(), time.monotonic() - self.began, memory))

    def change(self):
        """Something an operator does."""
        what = self.chance.choice(['faults', 'feed', 'broken', 'hangup', 'once', 'touch'])
        self.counts[what] += 1
        if what == 'faults':
            self.bad = {n: self.chance.choice(FAULTS) for n in self.chance.sample(range(len(self.urls)), max(2, len(self.urls) // 30))}
            self.sources()
        elif what == 'feed':
            self.extra = not self.extra
            self.settings()
        elif what == 'broken':
            self.settings(tail='[[feed]]\ntitel = "broken"\n')
            time.sleep(3)
            self.settings()
        elif what == 'hangup':
            self.daemon.send_signal(signal.SIGHUP)
        elif what == 'once':
            if self.courant('once').returncode != 75:
                fail('`once` did not leave with 75 while the daemon is at work')
        else:
            self.sources()

    def check_files(self):
        """Every published file is whole, and no article is in it twice."""
        for path in (self.folder / 'public').glob('*.*'):
            data = path.read_bytes()
            if path.suffix == '.json':
                ids = [item['id'] for item in json.loads(data)['items']]
                if len(set(ids)) != len(ids):
                    fail(f'{path.name} shows an article twice')
            elif path.suffix in ('.rss', '.atom', '.opml'):
                if feedparser.parse(data).bozo:
                    fail(f'{path.name} is not well-formed')
            elif path.suffix == '.html' and not data.rstrip().endswith(b'</html>'):
                fail(f'{path.name} breaks off')
            self.counts['files'] += 1

    def run(self):
        seconds = self.given.minutes * 60
        self.settings()
        self.sources()
        if self.courant('once').returncode != 0:
            fail('the first round failed')
        self.start()
        begin = time.monotonic()
        calm = begin + seconds * 0.8
        next_tick, next_kill = begin, begin + self.given.kill_every
        next_change = begin + self.given.kill_every * 0.4
        while (now := time.monotonic()) < begin + seconds:
            if now >= next_tick:
                get(f'{self.farm}/_/tick?share={self.given.share}&by=1&n={self.given.n}')
                self.counts['ticks'] += 1
                next_tick += self.given.tick
                self.sample()
            if now >= next_change:
                self.change()
                next_change += self.given.kill_every * self.chance.uniform(0.3, 0.7)
            if now >= next_kill and now < calm:
                self.kill()
                self.start()
                # At any moment of its life, the start included.
                next_kill = time.monotonic() + self.given.kill_every * self.chance.choice([0.02, 0.1, 0.9, 1, 1.1, 1.2])
            time.sleep(0.2)
        self.finish(calm)

    def finish(self, calm):
        self.bad, self.extra = {}, False
        self.sources()
        self.settings()
        began = time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        if self.daemon.wait(60) != 0:
            fail(f'told to end, it left with {self.daemon.returncode}')
        self.counts['drain_s'] = round(time.monotonic() - began)
        self.check_files()
        self.settings(items=1_000_000, formats='formats = ["json"]')
        deadline = time.monotonic() + 120
        while True:
            done = self.courant('once', '--now')
            if done.returncode != 0:
                fail(f'the last round left with {done.returncode}: {done.stderr}')
            lost, twice, held, announced = self.compare()
            if not lost or time.monotonic() > deadline:
                break
        if lost or twice:
            fail(f'lost {len(lost)} {sorted(lost)[:5]}, twice {len(twice)} {twice[:5]}')
        left = sorted(path.name for path in (self.folder / 'public').iterdir() if path.suffix not in ('.gz', '.br'))
        if left != ['.courant.published', 'feeds.opml', 'icon.svg', 'index.html', 'news', 'news.json', 'sources.opml']:
            fail(f'in the output folder are {left}')
        shown = json.loads((self.folder / 'public/news.json').read_bytes())['items']
        if len(shown) != announced or len({item['id'] for item in shown}) != announced:
            fail(f'{announced} articles are announced, the feed shows {len(shown)}')
        settled = [(at, memory) for at, age, memory in self.rss if at >= calm]
        slope, highest = slope_of(settled), max(memory for _, _, memory in self.rss)
        ends = f'{settled[0][1]:.0f} to {settled[-1][1]:.0f} MB' if settled else 'not seen'
        counts = self.counts
        reloads = sum(counts[what] for what in ('faults', 'feed', 'broken', 'hangup', 'touch'))
        print(f'soak: {self.given.minutes} min, {self.given.n} sources, {counts["ticks"]} ticks, {counts["kills"]} kills, '
              f'{reloads} reloads ({counts["faults"]} with other faults, {counts["broken"]} broken), {counts["files"]} files whole; '
              f'{held} articles held, none lost, none twice; {announced} in the feed; '
              f'memory {ends} in the last {self.given.minutes * 0.2:.0f} min ({slope:+.2f} MB a minute), {highest:.0f} MB at most; '
              f'drained in {counts["drain_s"]} s (seed {self.given.seed})')
        # A slope needs a while: what a short run shows is how memory fills up after a start.
        if self.given.minutes < JUDGED_MINUTES:
            print(f'soak: memory is judged from {JUDGED_MINUTES} minutes on')
        elif slope > self.given.most_slope:
            fail(f'memory grows by {slope:.2f} MB a minute')

    def compare(self):
        """What the store holds against every entry there ever was."""
        store = sqlite3.connect(self.folder / 'courant.db')
        if store.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            fail('the store is damaged')
        held = [tuple(map(int, LINK.search(row[0]).groups())) for row in store.execute('SELECT link FROM articles')]
        announced = store.execute('SELECT COUNT(*) FROM articles WHERE announced_at IS NOT NULL').fetchone()[0]
        store.close()
        wanted = set()
        for url in self.urls:
            first, last = numbers(get(url + '?gen=' + str(self.given.began_at))), numbers(get(url))
            wanted |= {(last[0][0], e) for e in range(min(e for _, e in first), max(e for _, e in last) + 1)}
        twice = [entry for entry, count in collections.Counter(held).items() if count > 1]
        foreign = set(held) - wanted
        if foreign:
            fail(f'articles that never were: {sorted(foreign)[:5]}')
        return wanted - set(held), twice, len(held), announced


def numbers(text):
    return [tuple(map(int, found)) for found in LINK.findall(text)]


def slope_of(samples):
    """MB a minute, by least squares."""
    if len(samples) < 3:
        return 0.0
    xs, ys = [at / 60 for at, _ in samples], [memory for _, memory in samples]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((a - x) ** 2 for a in xs)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / spread if spread else 0.0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--courant', required=True)
    arguments.add_argument('--farm', help='address of a farm that runs [default: a small one of our own]')
    arguments.add_argument('--minutes', type=float, default=30)
    arguments.add_argument('--n', type=int, default=300, help='sources')
    arguments.add_argument('--tick', type=float, default=10, help='seconds between two ticks of the world')
    arguments.add_argument('--share', type=float, default=5, help='percent of the sources that gain entries with each')
    arguments.add_argument('--every', type=int, default=10, help='seconds between two requests for one source')
    arguments.add_argument('--kill-every', type=float, default=60, help='seconds between two kills, about')
    arguments.add_argument('--most-slope', type=float, default=1.0, help='MB a minute that memory may seem to grow by')
    arguments.add_argument('--seed', type=int, default=int(time.time()))
    given = arguments.parse_args()
    given.courant = str(pathlib.Path(given.courant).resolve())
    farm = given.farm or Farm(given.n).address
    given.began_at = json.loads(get(f'{farm}/_/stats'))['tick'] if given.farm else 0
    with tempfile.TemporaryDirectory() as folder:
        Soak(given, pathlib.Path(folder), farm.rstrip('/')).run()


if __name__ == '__main__':
    main()
