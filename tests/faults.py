#!/usr/bin/env python3
"""Sources that fail in every way there is, mixed among good ones: the good must not notice.

Reads the good sources of a feed farm alone, then the same again with faulty ones among them (`--share` of their number,
every fault mode of the farm). Then: every good source was read as fully as without them, each fault is reported as what it
is, the run took no longer than the slowest timeout more, and memory stayed within `--most-mb`.

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
import time
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
    parser.add_argument("--most-mb", type=float, default=150)
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
    total = arguments.good + len(faulty)
    farms = []
    try:
        farms.append(Farm(arguments.farm, arguments.port, total, 0))
        farms.append(Farm(arguments.farm, arguments.port + 1, total, 5))
        good = [(f"good-{n}", url) for n, url in enumerate(farms[0].addresses(arguments.good, 0, "f"))]
        bad = []
        lists = {mode: farms[1].addresses(len(faulty), arguments.good, mode) for mode in set(faulty)}
        for n, mode in enumerate(faulty):
            bad.append((f"{mode.lower()}-{n}", lists[mode][n]))
        mixed, step = list(good), max(1, arguments.good // max(1, len(bad)))
        for n, source in enumerate(bad):
            mixed.insert(min(len(mixed), n * (step + 1)), source)
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            alone, alone_seconds, alone_mb, alone_cpu = run(courant, scratch / "alone", good)
            states, seconds, mb, cpu = run(courant, scratch / "mixed", mixed)
    finally:
        for farm in farms:
            farm.process.terminate()
            farm.process.wait()

    problems = []
    for name, _ in good:
        before, after = alone[name], states[name]
        if after["health"] != "ok" or after["articles"] != before["articles"] or not after["articles"]:
            problems.append(f"{name}: {before['articles']} articles alone, {after['articles']} among faults: {after['message']}")
    print(f"{'mode':<14}{'sources':>8}  {'state':<9} example")
    for mode, (health, says) in MODES.items():
        rows = [row for name, row in states.items() if name.rsplit("-", 1)[0] == mode]
        for row in rows:
            message = row["message"] or ""
            if not re.fullmatch(health, row["health"]) or not re.search(says, message):
                problems.append(f"{row['id']}: {row['health']}, {message!r}; wanted {health}, /{says}/")
            if health == "ok" and not row["articles"]:
                problems.append(f"{row['id']}: ok, but nothing was read")
        if rows:
            print(f"{mode:<14}{len(rows):>8}  {rows[0]['health']:<9} {rows[0]['message'] or ''} [{rows[0]['articles']}]")
    print(f"good sources: {len(good)}, read as fully as alone: {len(good) - sum(p.startswith('good-') for p in problems)}")
    print(f"alone: {alone_seconds:.1f} s, {alone_cpu:.1f} s of CPU, {alone_mb:.0f} MB at most")
    print(f"mixed: {seconds:.1f} s, {cpu:.1f} s of CPU, {mb:.0f} MB at most, {len(bad)} faulty sources")
    if seconds - alone_seconds > SLOWEST_SECONDS:
        problems.append(f"the run took {seconds - alone_seconds:.1f} s longer: more than the slowest timeout")
    if mb > arguments.most_mb:
        problems.append(f"{mb:.0f} MB were used, more than {arguments.most_mb:.0f}")
    for problem in problems[:40]:
        print("WRONG", problem)
    print("ok" if not problems else f"{len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
