#!/usr/bin/env python3
"""Our own hub with ten thousand subscribers on loopback: asked back, told of a change with signatures, some of them slow or wrong.

`tests/hub.py --courant target/release/courant [--subscribers 10000]`. 64 hosts answer; of their subscribers one of fifty
fails the second time, one of a hundred wants no more (410), and the lease of one of a hundred ends. Eight further hosts, with a
twentieth of the subscribers, take deliveries and never answer. Everybody else must be told while those hang, each once, with the
bytes that are published and a right signature, while the daemon goes on polling and serving. After a minute those who failed are
told, and who wanted no more or whose lease ended is gone. Prints what it took, and ends with an error when something does not hold.
"""
import argparse
import asyncio
import concurrent.futures
import hashlib
import hmac
import http.client
import multiprocessing
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from farm import Farm

SETTINGS = '''
base_url = "http://127.0.0.1:{port}/"
store = "sqlite:courant.db"
output = "none"
listen = "127.0.0.1:{port}"
admin_listen = "none"
[fetch]
allow_networks = ["127.0.0.0/8"]
[websub]
hub = true
[[feed]]
id = "news"
title = "News"
sources = ["*"]
'''
SOURCE = '[[source]]\nid = "s{n}"\nurl = "{url}"\nevery = "1s"\ninsist = true\nfirst = 30\n'
SOURCES = 4
HOSTS, SILENT_HOSTS = 64, 8


def fail(message):
    sys.exit(f'hub: {message}')


def kind(number):
    """What sort of subscriber this is."""
    if number % 20 == 7:
        return 'silent'
    return {1: 'fails once', 51: 'fails once', 2: 'wants no more', 3: 'lease ends'}.get(number % 100, 'good')


class Subscribers:
    """Whoever subscribed, in a process of its own: answers what it is asked, and notes when it was told what."""

    def __init__(self, port, pipe):
        self.port, self.pipe = port, pipe
        self.told, self.failed, self.wrong, self.versions, self.silent = {}, {}, [], {}, 0

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        hosts = [f'127.0.1.{n}' for n in range(1, HOSTS + 1)] + [f'127.0.2.{n}' for n in range(1, SILENT_HOSTS + 1)]
        server = await asyncio.start_server(self.answer, hosts, self.port, backlog=512, limit=1 << 20)
        self.pipe.send('ready')
        loop = asyncio.get_running_loop()
        loop.add_reader(self.pipe.fileno(), self.report)
        async with server:
            await server.serve_forever()

    def report(self):
        self.pipe.recv()
        self.pipe.send((self.told, self.failed, self.wrong, self.versions, self.silent))

    async def answer(self, reader, writer):
        try:
            while head := await reader.readuntil(b'\r\n\r\n'):
                line, *fields = head.decode().split('\r\n')
                method, target, _ = line.split(' ', 2)
                headers = {name.lower(): value.strip() for name, _, value in (field.partition(':') for field in fields)}
                url = urllib.parse.urlsplit(target)
                number = int(url.path.rsplit('/', 1)[1])
                if method == 'GET':
                    body = dict(urllib.parse.parse_qsl(url.query))['hub.challenge'].encode()
                    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
                    continue
                body = await reader.readexactly(int(headers['content-length']))
                status = self.take(number, headers, body)
                if status is None:
                    self.silent += 1
                    await asyncio.sleep(3600)
                writer.write(b'HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n' % status)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def take(self, number, headers, body):
        what = kind(number)
        if what == 'silent':
            return None
        signature = 'sha256=' + hmac.new(f'secret-{number}'.encode(), body, hashlib.sha256).hexdigest()
        if headers.get('x-hub-signature') != signature:
            self.wrong.append(number)
        if what == 'fails once' and number in self.told and number not in self.failed:
            self.failed[number] = time.time()
            return 500
        version = hashlib.sha256(body).hexdigest()
        self.versions[version] = self.versions.get(version, 0) + 1
        self.told.setdefault(number, []).append((time.time(), version))
        return 410 if what == 'wants no more' else 204


class CountingFarm(Farm):
    polls = 0

    def answer(self, request):
        self.polls += 1
        super().answer(request)


class Meter(threading.Thread):
    """How long a reader waits for the feed, and what memory the daemon has."""

    def __init__(self, port, pid):
        super().__init__(daemon=True)
        self.port, self.pid, self.waits, self.memory, self.goes_on = port, pid, [], 0, True

    def run(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        while self.goes_on:
            begun = time.monotonic()
            connection.request('GET', '/news.rss', headers={'Accept-Encoding': 'gzip'})
            connection.getresponse().read()
            self.waits.append(time.monotonic() - begun)
            self.memory = max(self.memory, resident(self.pid))
            time.sleep(0.02)

    def end(self):
        self.goes_on = False
        self.join()
        self.waits.sort()
        return self

    def wait(self, share):
        return 1000 * self.waits[int(share * (len(self.waits) - 1))]


def resident(pid):
    return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{pid}/status').read_text())[1]) / 1024


def cpu(pid):
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


def until(what, is_so, seconds):
    end = time.monotonic() + seconds
    while not (found := is_so()):
        if time.monotonic() > end:
            fail(f'{what}: not within {seconds} s')
        time.sleep(0.1)
    return found


def get(port, path='/news.rss'):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=30) as answer:
        return answer.read()


class Bench:
    def __init__(self, given, folder):
        self.given, self.folder = given, folder
        self.port, self.callback_port = free_port(), free_port()
        self.pipe, theirs = multiprocessing.Pipe()
        self.subscribers = multiprocessing.Process(target=Subscribers(self.callback_port, theirs).run, daemon=True)
        self.subscribers.start()
        self.pipe.recv()
        self.farm = CountingFarm(SOURCES)
        sources = ''.join(SOURCE.format(n=n, url=f'{self.farm.address}/f/{n}.xml') for n in range(SOURCES))
        (folder / 'courant.toml').write_text(SETTINGS.format(port=self.port) + sources)
        self.log = open(folder / 'log', 'wb')
        self.daemon = subprocess.Popen([given.courant, '--log', 'warn', 'run'], cwd=folder, stdout=self.log, stderr=self.log)

    def close(self):
        self.daemon.terminate()
        self.daemon.wait(60)
        self.subscribers.terminate()

    def store(self, query, *values):
        connection = sqlite3.connect(self.folder / 'courant.db', timeout=30)
        try:
            with connection:
                return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def state(self):
        self.pipe.send('?')
        return self.pipe.recv()

    def callback(self, number):
        host = f'127.0.2.{number // 20 % SILENT_HOSTS + 1}' if kind(number) == 'silent' else f'127.0.1.{number % HOSTS + 1}'
        return f'http://{host}:{self.callback_port}/s/{number}'

    def subscribe(self, numbers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        for number in numbers:
            form = urllib.parse.urlencode({'hub.mode': 'subscribe', 'hub.callback': self.callback(number),
                                           'hub.topic': f'http://127.0.0.1:{self.port}/news.rss',
                                           'hub.secret': f'secret-{number}'})
            while True:
                connection.request('POST', '/hub', form, {'Content-Type': 'application/x-www-form-urlencoded'})
                reply = connection.getresponse()
                text = reply.read()
                if reply.status == 202:
                    break
                if reply.status != 503:
                    fail(f'a subscription is refused: {reply.status} {text}')
                time.sleep(0.2)

    def publish(self, expected):
        """Lets the world publish; waits until everybody expected was told."""
        before = hashlib.sha256(get(self.port)).hexdigest()
        self.farm.tick(100)
        until('the feed changes', lambda: hashlib.sha256(get(self.port)).hexdigest() != before, 60)
        begun, spent, polls, meter = time.time(), cpu(self.daemon.pid), self.farm.polls, Meter(self.port, self.daemon.pid)
        meter.start()

        def everybody():
            version = hashlib.sha256(get(self.port)).hexdigest()
            told = self.state()[0]
            return all(number in told and told[number][-1][1] == version for number in expected)

        until(f'{len(expected)} are told', everybody, 120)
        took = max(self.state()[0][number][-1][0] for number in expected) - begun
        polls, spent = self.farm.polls - polls, cpu(self.daemon.pid) - spent
        meter.end()
        print(f'{len(expected)} told in {took:.1f} s, {len(expected) / max(took, 0.001):.0f} a second, {len(get(self.port)) // 1000} kB each, '
              f'{1000 * spent / len(expected):.2f} ms of CPU; meanwhile a GET took {meter.wait(0.5):.1f} ms (median), '
              f'{meter.wait(0.99):.1f} ms (99 of 100), {polls} polls, {meter.memory:.0f} MB of memory, {self.state()[4]} deliveries hanging')
        if polls < took / 3:
            fail('the daemon stopped polling')

    def run(self):
        count = self.given.subscribers
        numbers = {what: [number for number in range(count) if kind(number) == what]
                   for what in ('good', 'fails once', 'wants no more', 'lease ends', 'silent')}
        until('the first reading', lambda: self.answers() and b'Entry' in get(self.port), 60)
        begun, spent = time.monotonic(), cpu(self.daemon.pid)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(self.subscribe, [range(lane, count, 16) for lane in range(16)]))
        until('all are asked back', lambda: self.store('SELECT COUNT(*) FROM subscribers')[0][0] == count, 120)
        took = time.monotonic() - begun
        print(f'{count} subscribed and asked back in {took:.1f} s, {count / took:.0f} a second, '
              f'{1000 * (cpu(self.daemon.pid) - spent) / count:.2f} ms of CPU each; {resident(self.daemon.pid):.0f} MB of memory')
        now = int(time.time() * 1_000_000)
        self.store(f'UPDATE subscribers SET until = ? WHERE callback IN ({", ".join("?" * len(numbers["lease ends"]))})',
                   now, *map(self.callback, numbers['lease ends']))
        self.publish(numbers['good'])
        self.publish(numbers['good'])
        until('those who failed are told', lambda: all(len(self.state()[0].get(number, ())) == 2 for number in numbers['fails once']), 150)
        told, failed, wrong, versions, silent = self.state()
        waited = sorted(told[number][-1][0] - failed[number] for number in numbers['fails once'])
        print(f'{len(waited)} who failed were told after {waited[0]:.0f} to {waited[-1]:.0f} s')
        left = {callback for callback, in self.store('SELECT callback FROM subscribers')}
        problems = {
            'wrong signatures': wrong,
            'told though their lease had ended': [number for number in numbers['lease ends'] if number in told],
            'kept though their lease had ended': [n for n in numbers['lease ends'] if self.callback(n) in left],
            'kept though they wanted no more': [n for n in numbers['wants no more'] if self.callback(n) in left],
            'told the same twice': [n for n, times in told.items() if len({version for _, version in times}) != len(times)],
            'lost': [n for what in ('good', 'silent', 'fails once') for n in numbers[what] if self.callback(n) not in left],
        }
        for what, which in problems.items():
            if which:
                fail(f'{len(which)} {what}: {which[:5]}')
        print(f'{len(numbers["wants no more"])} who wanted no more and {len(numbers["lease ends"])} whose lease ended are gone; '
              f'every signature right, nobody told the same twice; {resident(self.daemon.pid):.0f} MB of memory at the end')

    def answers(self):
        if self.daemon.poll() is not None:
            fail(f'the daemon left: {(self.folder / "log").read_text()}')
        try:
            return bool(get(self.port))
        except OSError:
            return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--courant', required=True)
    parser.add_argument('--subscribers', type=int, default=10_000)
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('hub: told to end'))
    given.courant = str(pathlib.Path(given.courant).resolve())
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given, pathlib.Path(folder))
        try:
            bench.run()
        finally:
            bench.close()


if __name__ == '__main__':
    main()
