#!/usr/bin/env python3
"""Sources that fail in every way there is, mixed among good ones: the good must not notice.

Reads the good sources of a feed farm alone, then the same again with faulty ones among them (`--share` of their number,
every fault mode of the farm). Then: every good source was read as fully as without them, each fault is reported as what it
is, the run took no longer than the slowest timeout more, and memory stayed within `--most-mb`.

Meanwhile the script asks both farms for a good document itself, twice a second, and watches how late it is woken. A machine that has
no time for the farm lets sources time out that are sound, or fail otherwise than they should: such a report is told as
starved, not as wrong, where the farm itself was that slow, and the script leaves with 3: nothing is shown, for or against.

The farm is a program that serves `/_/list?n=&from=&kind=FAULT` (addresses, one a line) and `/x/FAULT/ID.xml`; name its
binary (`--farm`), and two are started on loopback: one for the good sources and one, with lower priority, for the others,
whose bombs cost it more than they cost the reader.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

# Mode: the state it must lead to, and what the message must say.
MODES = {
    "drip": ("failing", r"sends too slowly"),
    "hang": ("failing", r"did not begin to answer within"),
    "truncated": ("failing", r"broke off after \d+ bytes"),
    "gzipbomb": ("failing", r"is larger than 10 MB"),
    "huge": ("failing", r"is larger than 10 MB"),
    "laughs": ("failing|ok", r""),
    "loop": ("failing", r"redirects in a circle"),
    "429": ("failing", r"answers 429"),
    "503": ("failing", r"answers 503"),
    "500": ("failing", r"answers 500"),
    "403": ("failing", r"answers 403"),
    "404": ("failing", r"answers 404"),
    "gone": ("gone", r"410"),
    "html": ("failing", r"not a feed"),
    "empty": ("failing", r"is empty"),
    # Lenient reading: these give entries.
    "badlength": ("ok", r""),
    "badgzip": ("ok", r""),
    "cutxml": ("ok", r""),
    "moved": ("ok", r""),
    "found": ("ok", r""),
    "badutf8": ("ok", r""),
    "badcharset": ("ok", r""),
    "latin1": ("ok", r""),
    "utf16": ("ok", r""),
    "novalidators": ("ok", r""),
    "textplain": ("ok", r""),
}
# Modes that cost the farm seconds of work or 48 MB each: so many of them at most.
HEAVY = {"gzipbomb": 3, "huge": 6}
SLOWEST_SECONDS = 30  # `fetch.timeout`
# What a report says that a starved farm may be the cause of.
LATE = re.compile(r"did not (accept a connection|begin to answer|finish its answer) within|sends too slowly")
# A farm that needs longer than this for a document that costs it a millisecond is starved: a fault that costs it a hundred
# times as much is then beyond the shortest timeout of 10 s.
STARVED_SECONDS = 2.0

SETTINGS = """
base_url = "http://127.0.0.1:9/"
store = "sqlite:courant.db"
output = "public"
listen = "none"
admin_listen = "none"
[fetch]
allow_networks = ["127.0.0.0/8"]
[[feed]]
id = "all"
title = "Everything"
sources = ["*"]
"""


class Farm:
    def __init__(self, binary, port, count, nice):
        command = ["nice", "-n", str(nice), str(binary), "--port", str(port), "--n", str(count)]
        self.origin = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.addresses(1, 0, "f")
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"the farm does not answer at {self.origin}: is the port free?")

    def addresses(self, count, start, kind):
        query = f"{self.origin}/_/list?n={start + count}&from={start}&kind={kind}"
        with urllib.request.urlopen(query, timeout=60) as answer:
            return answer.read().decode().split()[:count]


class Watch:
    """How long the farms take to answer, and how late the machine wakes who sleeps, while something else is measured."""

    def __init__(self, farms):
        self.addresses = [farm.addresses(1, 0, "f")[0] for farm in farms]
        self.delays, self.lags, self.over = [], [], threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(url,), daemon=True) for url in self.addresses]
        self.threads.append(threading.Thread(target=self.sleep, daemon=True))
        for thread in self.threads:
            thread.start()

    def ask(self, url):
        while not self.over.wait(0.5):
            began = time.monotonic()
            try:
                with urllib.request.urlopen(url, timeout=60) as answer:
                    answer.read()
            except OSError:
                pass
            self.delays.append(time.monotonic() - began)

    def sleep(self):
        while not self.over.is_set():
            began = time.monotonic()
            time.sleep(0.1)
            self.lags.append(time.monotonic() - began - 0.1)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return self

    def __str__(self):
        delays = sorted(self.delays) or [0.0]
        return (f"the farms answered within {delays[len(delays) // 2] * 1000:.0f} ms (median), {delays[-1] * 1000:.0f} ms at most; "
                f"the machine woke {max(self.lags, default=0) * 1000:.0f} ms late at most; load {os.getloadavg()[0]:.1f}")

    def is_starved(self):
        return max(self.delays, default=0) > STARVED_SECONDS


def run(courant, folder, sources):
    """Reads every source once; gives the state of each, seconds and peak memory in MB."""
    folder.mkdir()
    (folder / "sources").mkdir()
    tables = [f'[[source]]\nid = "{name}"\nurl = "{url}"\n' for name, url in sources]
    (folder / "sources" / "all.toml").write_text("\n".join(tables))
    (folder / "courant.toml").write_text(SETTINGS)
    began = time.monotonic()
    log = open(folder / "log", "w")
    process = subprocess.Popen([courant, "once"], cwd=folder, stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"`courant once` ended with {process.returncode}: {(folder / 'log').read_text()[-2000:]}")
    told = subprocess.run([courant, "status", "--json"], cwd=folder, check=True, capture_output=True, text=True)
    rows = json.loads(told.stdout)
    rows = rows["sources"] if isinstance(rows, dict) else rows
    return {row["id"]: row for row in rows}, seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--courant", required=True, type=pathlib.Path)
    parser.add_argument("--farm", required=True, type=pathlib.Path)
    parser.add_argument("--port", type=int, default=8840)
    parser.add_argument("--good", type=int, default=2000)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--most-mb", type=float, default=100)
    arguments = parser.parse_args()
    courant = arguments.courant.resolve()

    wanted = round(arguments.good * arguments.share)
    faulty = []
    names = list(MODES)
    used = dict.fromkeys(names, 0)
    turn = 0
    while len(faulty) < wanted:
        mode = names[turn % len(names)]
        turn += 1
        if used[mode] < HEAVY.get(mode, wanted):
            used[mode] += 1
            faulty.append(mode)
    spare = len(faulty) + len(faulty) // 10 + 10
    total = arguments.good + spare
    farms = []
    try:
        farms.append(Farm(arguments.farm, arguments.port, total, 0))
        farms.append(Farm(arguments.farm, arguments.port + 1, total, 5))
        good = [(f"good-{n}", url) for n, url in enumerate(farms[0].addresses(arguments.good, 0, "f"))]
        bad = []
        lists = {mode: farms[1].addresses(spare, arguments.good, mode) for mode in set(faulty)}
        # Each at a host of its own: one that answers 429 is left alone by all its sources.
        hosts = [urllib.parse.urlsplit(url).hostname for url in lists[faulty[0]]]
        own = [n for n, host in enumerate(hosts) if host not in hosts[:n]]
        for n, mode in zip(own, faulty):
            bad.append((f"{mode.lower()}-{n}", lists[mode][n]))
        mixed, step = list(good), max(1, arguments.good // max(1, len(bad)))
        for n, source in enumerate(bad):
            mixed.insert(min(len(mixed), n * (step + 1)), source)
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            alone, alone_seconds, alone_mb, alone_cpu = run(courant, scratch / "alone", good)
            watch = Watch(farms)
            states, seconds, mb, cpu = run(courant, scratch / "mixed", mixed)
            watch.end()
    finally:
        for farm in farms:
            farm.process.terminate()
            farm.process.wait()

    problems, starved = [], []

    def wrong(text, message):
        (starved if watch.is_starved() and LATE.search(message or "") else problems).append(text)

    for name, _ in good:
        before, after = alone[name], states[name]
        if after["health"] != "ok" or after["articles"] != before["articles"] or not after["articles"]:
            wrong(f"{name}: {before['articles']} articles alone, {after['articles']} among faults: {after['message']}", after["message"])
    print(f"{'mode':<14}{'sources':>8}  {'state':<9} example")
    for mode, (health, says) in MODES.items():
        rows = [row for name, row in states.items() if name.rsplit("-", 1)[0] == mode]
        for row in rows:
            message = row["message"] or ""
            if not re.fullmatch(health, row["health"]) or not re.search(says, message):
                wrong(f"{row['id']}: {row['health']}, {message!r}, due {row['next_due']} ({row['why']}); wanted {health}, /{says}/", message)
            elif health == "ok" and not row["articles"]:
                problems.append(f"{row['id']}: ok, but nothing was read")
        if rows:
            print(f"{mode:<14}{len(rows):>8}  {rows[0]['health']:<9} {rows[0]['message'] or ''} [{rows[0]['articles']}]")
    unread = sum(told.startswith("good-") for told in problems + starved)
    misreported = len(problems) + len(starved) - unread
    print(f"good sources: {len(good)}, read as fully as alone: {len(good) - unread}")
    print(f"alone: {alone_seconds:.1f} s, {alone_cpu:.1f} s of CPU, {alone_mb:.0f} MB at most")
    print(f"mixed: {seconds:.1f} s, {cpu:.1f} s of CPU, {mb:.0f} MB at most, {len(bad)} faulty sources")
    print(watch)
    if seconds - alone_seconds > SLOWEST_SECONDS:
        late = f"the run took {seconds - alone_seconds:.1f} s longer: more than the slowest timeout"
        (starved if watch.is_starved() else problems).append(late)
    if mb > arguments.most_mb:
        problems.append(f"{mb:.0f} MB were used, more than {arguments.most_mb:.0f}")
    for problem in problems[:40]:
        print("WRONG", problem)
    for told in starved[:10]:
        print("STARVED", told)
    verdict = f"{len(problems)} problems" if problems else f"{len(starved)} reports of a starved machine" if starved else "ok"
    print(f"faults: {len(good)} good and {len(bad)} faulty sources in {len(used)} ways: {len(good) - unread} good ones read as fully as alone, "
          f"{len(bad) - misreported} faults reported as what they are; {seconds:.1f} s in place of {alone_seconds:.1f} s, "
          f"{mb:.0f} MB at most in place of {alone_mb:.0f} MB: {verdict}")
    sys.exit(1 if problems else 3 if starved else 0)


if __name__ == "__main__":
    main()
