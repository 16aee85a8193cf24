#!/usr/bin/env python3
"""Kill `courant restore` at random moments: the old store or the new one must be in its place, whole, and never neither.

Two stores are made, one with more articles than the other. Each time one of them is in use, with articles still in its log, and the
other is restored over it; the run is killed at some moment, every second time just as the second name of the old store appears. Then the
store must be sound, hold the articles of the one or of the other, and the next round must work on it.
"""
import argparse
import collections
import contextlib
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from kill9 import SETTINGS, World, serve


def fail(message):
    sys.exit(f'restore9: {message}')


class Stores:
    def __init__(self, courant, folder):
        self.courant, self.folder = courant, folder
        self.world = World()
        self.server = serve(self.world)
        text = SETTINGS.format(origin=f'http://127.0.0.1:{self.server.server_port}')
        (folder / 'courant.toml').write_text(text.replace('sites = "sites"\n', ''))

    def run(self, *arguments):
        return subprocess.run([self.courant, *arguments], cwd=self.folder, capture_output=True, text=True)

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            fail(f'`{" ".join(arguments)}` left with {done.returncode}: {done.stdout}{done.stderr}')

    def make(self, name, entries):
        """A backup under this name, of a store that holds so many entries of each feed."""
        self.world.grow(entries - self.world.count)
        self.must('once', '--now')
        self.must('backup', name)
        return self.articles(self.folder / name)

    def place(self, name):
        """Puts a copy into use, written to and closed by nobody: its log is beside it."""
        for left in self.folder.glob('courant.db*'):
            left.unlink()
        shutil.copy(self.folder / name, self.folder / 'courant.db')
        inner = "import sqlite3, os; s = sqlite3.connect('courant.db', isolation_level=None); " \
                "s.execute('PRAGMA journal_mode = WAL'); s.execute('UPDATE counters SET value = value + 1'); os._exit(0)"
        subprocess.run([sys.executable, '-c', inner], cwd=self.folder, check=True)
        if not (self.folder / 'courant.db-wal').stat().st_size:
            fail('the store that is replaced has no log')

    def articles(self, path):
        with contextlib.closing(sqlite3.connect(path)) as store:
            if store.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
                fail(f'{path.name} is damaged')
            return store.execute('SELECT COUNT(*) FROM articles').fetchone()[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--courant', required=True)
    arguments.add_argument('--times', type=int, default=20)
    arguments.add_argument('--entries', type=int, default=1500, help='entries of each feed of the smaller store')
    arguments.add_argument('--seed', type=int, default=int(time.time()))
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(str(pathlib.Path(given.courant).resolve()), pathlib.Path(folder))
        sizes = [stores.make('small.db', given.entries), stores.make('large.db', given.entries * 3 // 2)]
        names = ['small.db', 'large.db']
        second_name = stores.folder / 'courant.db.before-restore'
        found, killed, turn = collections.Counter(), 0, 0
        stores.place(names[0])
        began = time.monotonic()
        stores.must('restore', names[1])
        usual = time.monotonic() - began
        while killed < given.times and turn < 5 * given.times:
            old, new = turn % 2, 1 - turn % 2
            stores.place(names[old])
            run = subprocess.Popen([stores.courant, 'restore', names[new]], cwd=stores.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if turn % 4 < 2:
                deadline = time.monotonic() + chance.uniform(0, usual)
                while run.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.0005)
            else:
                while run.poll() is None and not second_name.exists():
                    pass
            turn += 1
            run.send_signal(signal.SIGKILL)
            was_killed = run.wait() == -signal.SIGKILL
            killed += was_killed
            if not (stores.folder / 'courant.db').exists():
                fail('no store is in its place')
            held = stores.articles(stores.folder / 'courant.db')
            if held not in sizes:
                fail(f'the store holds {held} articles, neither {sizes[0]} nor {sizes[1]}')
            if was_killed:
                found['new' if held == sizes[new] else 'old'] += 1
            stores.must('doctor', '--store')
            stores.must('once', '--now')
            if stores.articles(stores.folder / 'courant.db') < held:
                fail('a round after the kill lost articles')
            # What the killed run left behind is in nobody's way.
            stores.must('restore', names[new])
            if stores.articles(stores.folder / 'courant.db') != sizes[new]:
                fail('the next `restore` did not put the copy in its place')
        if killed < given.times:
            fail(f'only {killed} of {given.times} runs could be killed: the moments were badly chosen')
        print(f'restore9: {killed} of {turn} runs killed within {usual * 1000:.0f} ms; {found["old"]} times the old store was in its place, '
              f'{found["new"]} times the new one, each whole and worked on after (seed {given.seed})')
        stores.server.shutdown()


if __name__ == '__main__':
    main()
