#!/usr/bin/env python3
"""Readers subscribe to the demo while its press office publishes, 96 times, and show each article exactly once.

`tests/readers.py --courant target/release/courant [--ticks 96] [--tick 1s]`. newsboat, lemon24/reader and Liferea (under Xvfb, on
a bus of its own) poll as people's readers do, with feedparser as the plainest of all; then what lies in the reader's own database
is compared with what the demo's store announced: nothing missing, nothing twice, nothing that was never announced, nothing that
changed its id, and no edit shown as news. The press office corrects a title now and then: it must arrive where it stands.
A reader that is not installed is LEFT OUT, and said so.
"""
import argparse
import collections
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib

try:
    import feedparser
except ImportError:
    feedparser = None
try:
    import reader as lemon
except ImportError:
    lemon = None

# The feeds that are subscribed to, and which of the announced articles belong to them.
FEEDS = {
    'all': lambda source, words: True,
    'official': lambda source, words: source in ('lindhaven-en', 'lindhaven-ru', 'water-notices'),
    'english': lambda source, words: source != 'lindhaven-ru' and 'horoscope' not in words,
}
FORMATS = ('rss', 'atom', 'json')


def fail(message):
    sys.exit(f'readers: {message}')


def rows(database, query):
    connection = sqlite3.connect(f'file:{database}?mode=ro', uri=True, timeout=20)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


class Demo:
    """The demo, and the truth: what its store announced."""

    def __init__(self, courant, tick, folder):
        self.folder = folder
        self.log = folder / 'demo.log'
        self.process = subprocess.Popen([courant, 'demo', '--tick', tick, '--out', str(folder / 'demo')],
                                        stdout=open(self.log, 'wb'), stderr=subprocess.STDOUT)
        wait_for('the demo', lambda: self.ended() or 'it keeps running' in self.said(), 60)
        self.base = tomllib.loads((folder / 'demo' / 'courant.toml').read_text())['base_url']

    def ended(self):
        if self.process.poll() is not None:
            fail(f'the demo left with {self.process.returncode}:\n{self.said()}')

    def said(self):
        return self.log.read_text()

    def published(self):
        return self.said().count('the press office publishes: ')

    def corrected(self):
        return self.said().count('the press office corrects: ')

    def announced(self):
        """By published id: whether a feed takes it, its title, and the titles it had before."""
        database = self.folder / 'demo' / 'courant.db'
        before = collections.defaultdict(set)
        for article, earlier in rows(database, "SELECT article, json_extract(before, '$.title') FROM revisions"):
            before[article].add(earlier)
        found = rows(database, "SELECT articles.id, published_id, sources.id, title, lower(ifnull(title, '') || text || details) "
                     'FROM articles JOIN sources ON source = number WHERE announced_at IS NOT NULL')
        return {published: ({feed for feed, takes in FEEDS.items() if takes(source, words)}, title, before[article])
                for article, published, source, title, words in found}

    def wait_for_bulletins(self, count):
        """Every bulletin in both languages: one that is missing was lost on the way in."""
        wanted = set(range(1, count + 1))
        wait_for('the store', lambda: all(wanted <= self.numbers(language) for language in ('en', 'ru')), 20,
                 lambda: f'bulletins lost: {sorted(wanted - self.numbers("en"))}, {sorted(wanted - self.numbers("ru"))} in Russian')

    def numbers(self, language):
        links = rows(self.folder / 'demo' / 'courant.db', 'SELECT link FROM articles WHERE announced_at IS NOT NULL')
        return {int(found[1]) for link, in links if (found := re.search(rf'/{language}/news/bulletin-(\d+)\.html$', link))}

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def wait_for(what, is_there, seconds, why=lambda: ''):
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            fail(f'{what} did not come in {seconds} s {why()}')
        time.sleep(0.2)


class Plain:
    """feedparser as a reader would use it: conditional requests, what has an id not seen before is new."""
    name, takes_edits = 'feedparser', True

    def __init__(self, folder, urls):
        self.urls = urls
        self.version = feedparser.__version__
        self.held = {url: {} for url in urls}
        self.validators = {url: {} for url in urls}
        self.news = {url: collections.Counter() for url in urls}

    def poll(self):
        for url in self.urls:
            parsed = feedparser.parse(url, **self.validators[url])
            if parsed.status == 304:
                continue
            if parsed.bozo:
                fail(f'feedparser complains about {url}: {parsed.bozo_exception}')
            self.validators[url] = {'etag': parsed.get('etag'), 'modified': parsed.get('modified')}
            in_document = collections.Counter(entry.id for entry in parsed.entries)
            for entry in parsed.entries:
                if entry.id not in self.held[url] or in_document[entry.id] > 1:
                    self.news[url][entry.id] += 1
                self.held[url][entry.id] = entry.get('title')

    def shown(self, url):
        return self.news[url], self.held[url]

    def close(self):
        pass


class Newsboat:
    """newsboat, with a cache a feed: it keeps one entry per id, and the feeds share entries."""
    name, takes_edits = 'newsboat', True

    def __init__(self, folder, urls):
        self.folder = folder
        self.version = re.search(r'(\d[\d.]+)', subprocess.run(['newsboat', '-v'], capture_output=True, text=True).stdout)[1]
        self.urls = urls
        self.news = {url: collections.Counter() for url in urls}
        for url in urls:
            self.at(url).mkdir(parents=True)
            (self.at(url) / 'urls').write_text(url + '\n')
            (self.at(url) / 'config').write_text(f'max-items 0\nerror-log {self.at(url)}/errors\n')

    def at(self, url):
        return self.folder / url.rsplit('/', 1)[1]

    def poll(self):
        for url in self.urls:
            at = self.at(url)
            subprocess.run(['newsboat', '-q', '-u', at / 'urls', '-c', at / 'cache.db', '-C', at / 'config', '-x', 'reload'],
                           env={**os.environ, 'HOME': str(self.folder)}, check=True, timeout=60)
            errors = at / 'errors'
            if errors.exists() and errors.read_text():
                fail(f'newsboat complains about {url}: {errors.read_text()}')
            # What it shows as unread is read, so that it is news once only.
            cache = sqlite3.connect(at / 'cache.db')
            self.news[url].update(guid for guid, in cache.execute('SELECT guid FROM rss_item WHERE unread = 1'))
            cache.execute('UPDATE rss_item SET unread = 0')
            cache.commit()
            cache.close()

    def shown(self, url):
        return self.news[url], held(rows(self.at(url) / 'cache.db', 'SELECT guid, title FROM rss_item WHERE deleted = 0'), url)

    def close(self):
        pass


class Reader:
    """lemon24/reader, all formats."""
    name, takes_edits = 'reader', True

    def __init__(self, folder, urls):
        folder.mkdir()
        self.version = lemon.__version__
        self.reader = lemon.make_reader(str(folder / 'reader.db'))
        self.urls = urls
        self.news = {url: collections.Counter() for url in urls}
        for url in urls:
            self.reader.add_feed(url)

    def poll(self):
        self.reader.update_feeds(scheduled=False)
        for feed in self.reader.get_feeds():
            if feed.last_exception:
                fail(f'reader complains about {feed.url}: {feed.last_exception.value_str}')
        for entry in list(self.reader.get_entries(read=False)):
            self.news[entry.feed_url][entry.id] += 1
            self.reader.mark_entry_as_read(entry)

    def shown(self, url):
        return self.news[url], held([(entry.id, entry.title) for entry in self.reader.get_entries(feed=url)], url)

    def close(self):
        self.reader.close()


class Liferea:
    """Liferea on a display and a bus of its own, told by D-Bus to refresh. It never takes a title anew."""
    name, takes_edits = 'Liferea', False

    def __init__(self, folder, urls):
        self.folder = folder
        self.version = re.search(r'(\d[\d.]+)', subprocess.run(['liferea', '--version'], capture_output=True, text=True).stdout)[1]
        self.urls = urls
        self.first = {}
        (folder / '.config' / 'liferea').mkdir(parents=True)
        (folder / 'run').mkdir(mode=0o700)
        nodes = ''.join(f'<outline title="{url}" text="{url}" type="rss" id="{self.node(url)}" xmlUrl="{url}" updateInterval="-1" '
                        'cacheLimit="unlimited"/>' for url in urls)
        (folder / '.config' / 'liferea' / 'feedlist.opml').write_text(
            f'<?xml version="1.0"?><opml version="1.0"><head><title>Feeds</title></head><body>{nodes}</body></opml>')
        self.environment = {'HOME': str(folder), 'XDG_RUNTIME_DIR': str(folder / 'run'), 'GSETTINGS_BACKEND': 'memory',
                            'NO_AT_BRIDGE': '1', 'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8',
                            'WEBKIT_DISABLE_COMPOSITING_MODE': '1'}
        self.processes = []
        reading, writing = os.pipe()
        self.start(['Xvfb', '-displayfd', str(writing), '-nolisten', 'tcp', '-screen', '0', '800x600x24'], pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as display:
            self.environment['DISPLAY'] = ':' + display.readline().strip()
        bus = self.start(['dbus-daemon', '--session', '--nofork', '--print-address=1'], stdout=subprocess.PIPE)
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = bus.stdout.readline().decode().strip()
        self.start(['liferea', '-w', 'hidden'])
        wait_for('Liferea', lambda: self.ask('Ping'), 60, lambda: (folder / 'log').read_text())

    def node(self, url):
        return url.rsplit('/', 1)[1].replace('.', '')

    def start(self, command, **more):
        output = {'stdout': open(self.folder / 'log', 'ab'), **more}
        process = subprocess.Popen(command, env=self.environment, stderr=open(self.folder / 'log', 'ab'), start_new_session=True,
                                   **output)
        self.processes.append(process)
        return process

    def ask(self, method):
        done = subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.gnome.feed.Reader', '--object-path',
                               '/org/gnome/feed/Reader', '--method', f'org.gnome.feed.Reader.{method}'],
                              env=self.environment, capture_output=True, text=True, timeout=30)
        return '(true,)' in done.stdout

    def database(self):
        return self.folder / '.local' / 'share' / 'liferea' / 'liferea.db'

    def poll(self):
        if self.processes[-1].poll() is not None or not self.ask('Refresh'):
            fail(f'Liferea does not answer: {(self.folder / "log").read_text()[-2000:]}')
        # It works by itself: what is there now came with the polls before.
        self.note()

    def note(self):
        for number, node, guid in rows(self.database(), 'SELECT item_id, node_id, source_id FROM items'):
            self.first.setdefault((node, guid), set()).add(number)

    def shown(self, url):
        self.note()
        # An entry that is put in anew gets another number.
        news = collections.Counter({guid: len(numbers) for (node, guid), numbers in self.first.items() if node == self.node(url)})
        found = rows(self.database(), f"SELECT source_id, title FROM items WHERE node_id = '{self.node(url)}'")
        return news, held(found, url)

    def close(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                process.kill()


def held(found, url):
    """Id and title of what a reader holds; an id that it holds twice ends it all."""
    twice = [guid for guid, count in collections.Counter(guid for guid, _ in found).items() if count > 1]
    if twice:
        fail(f'{url}: held twice: {twice[:5]}')
    return dict(found)


READERS = [
    (Plain, lambda: feedparser, ('rss', 'atom')),
    (Newsboat, lambda: shutil.which('newsboat'), ('rss', 'atom')),
    (Reader, lambda: lemon, FORMATS),
    (Liferea, lambda: all(map(shutil.which, ('liferea', 'Xvfb', 'dbus-daemon', 'gdbus'))), ('rss', 'atom')),
]


def same_title(wanted, found):
    """Entries without a title get one from their text in Atom and in some readers."""
    return not wanted or ' '.join((found or '').split()) == ' '.join(wanted.split())


def judge(one, url, before, now):
    """The row of a reader's feed, and what is wrong. `before` was announced before its last poll, `now` by the end."""
    feed = url.rsplit('/', 1)[1]
    mine = {guid for guid, (feeds, *_) in before.items() if feed.split('.')[0] in feeds}
    news, shown = one.shown(url)
    twice = {guid: count for guid, count in news.items() if count > 1}
    held = mine & set(shown)
    corrected = {guid for guid in held if before[guid][2] - {before[guid][1]}}
    if not one.takes_edits:
        before = {guid: (feeds, shown[guid] if shown.get(guid) in earlier else title, earlier)
                  for guid, (feeds, title, earlier) in before.items()}
        now = {**now, **before}
    stale = [guid for guid in held if now[guid][1] == before[guid][1] and not same_title(before[guid][1], shown[guid])]
    wrong = {'missing': mine - set(shown), 'never announced': set(shown) - set(now), 'news twice': twice,
             'not news once': {guid for guid in shown if news[guid] < 1}, 'an older title': stale}
    line = f'{one.name:11}{one.version:9}{feed:15}{len(mine):9}{len(shown):7}{len(mine - set(shown)):8}{len(twice):6}{len(corrected):10}'
    problems = [f'{one.name}, {feed}: {what}: {sorted(which)[:5]}' for what, which in wrong.items() if which]
    return line, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--courant', required=True)
    parser.add_argument('--ticks', type=int, default=96, help='how often the press office publishes')
    parser.add_argument('--tick', default='1s')
    parser.add_argument('--every', type=float, default=4, help='seconds between two polls of a reader')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        demo = Demo(str(pathlib.Path(given.courant).resolve()), given.tick, folder)
        readers = []
        try:
            left_out = run(given, demo, readers, folder)
        finally:
            for one in readers:
                one.close()
            demo.close()
    for name in left_out:
        print(f'LEFT OUT: the demo in {name} (not installed)')


def run(given, demo, readers, folder):
    left_out = []
    for kind, is_there, formats in READERS:
        if not is_there():
            left_out.append(kind.name)
            continue
        readers.append(kind(folder / kind.name, [f'{demo.base}{feed}.{ending}' for feed in FEEDS for ending in formats]))
    polls = 0
    while demo.published() < given.ticks:
        demo.ended()
        for one in readers:
            one.poll()
        polls += 1
        time.sleep(given.every)
    demo.wait_for_bulletins(given.ticks)
    before = demo.announced()
    # What was announced is published a moment later.
    time.sleep(2)
    for one in readers:
        one.poll()
    time.sleep(3)
    shown = [(one, url) for one in readers for url in one.urls]
    now = demo.announced()
    print(f'{demo.published()} ticks, {demo.corrected()} corrections, {len(before)} articles announced; {polls + 1} polls of each feed')
    print(f'{"reader":11}{"version":9}{"feed":15}{"articles":>9}{"shown":>7}{"missing":>8}{"twice":>6}{"corrected":>10}')
    problems = []
    for one, url in shown:
        line, wrong = judge(one, url, before, now)
        print(line)
        problems += wrong
    if problems:
        fail('\n  '.join(['each article must be shown exactly once:', *problems]))
    print('each article is shown exactly once')
    return left_out


if __name__ == '__main__':
    main()
