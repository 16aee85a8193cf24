#!/usr/bin/env python3
"""Reads published feeds back with readers of another make and compares them.

    readback.py FOLDER [FEED ...]

RSS and Atom are read with feedparser (PyPI), JSON Feed with json. For every feed of the folder (or the ones named) the
formats that are there must give the same ids, links, titles and moments in the same order. What Atom must have and the
others leave out (a title, a moment of change) is compared only where another format has it. Prints a table; exits 1 when
something differs, 2 when there is nothing to compare.
"""

import calendar
import datetime
import json
import pathlib
import sys

import feedparser

FORMATS = ("rss", "atom", "json")


def second(parsed):
    """The moment of a struct_time in UTC, as seconds."""
    return calendar.timegm(parsed) if parsed else None


def read_xml(path):
    feed = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    if feed.bozo:
        raise ValueError(f"not well-formed: {feed.bozo_exception}")
    return [
        {
            "id": entry.get("id"),
            "link": entry.get("link"),
            "title": entry.get("title"),
            "published": second(entry.get("published_parsed")),
            "updated": second(entry["updated_parsed"]) if "updated" in entry else None,
        }
        for entry in feed.entries
    ]


def read_json(path):
    def moment(text):
        return int(datetime.datetime.fromisoformat(text).timestamp()) if text else None

    feed = json.loads(path.read_text("utf-8"))
    if feed["version"] != "https://jsonfeed.org/version/1.1":
        raise ValueError(f"unexpected version {feed['version']}")
    return [
        {
            "id": item["id"],
            "link": item["url"],
            "title": item.get("title"),
            "published": moment(item.get("date_published")),
            "updated": moment(item.get("date_modified")),
        }
        for item in feed["items"]
    ]


def differences(left, right, left_is_atom, right_is_atom):
    """What two readings of one feed disagree about, a line each."""
    if len(left) != len(right):
        yield f"{len(left)} entries against {len(right)}"
        return
    for number, (a, b) in enumerate(zip(left, right), 1):
        for key in a:
            stands_in = key in ("title", "updated") and (
                (left_is_atom and b[key] is None) or (right_is_atom and a[key] is None)
            )
            if a[key] != b[key] and not stands_in:
                yield f"entry {number} {key}: {a[key]!r} against {b[key]!r}"


def check(folder, name):
    """Prints the row of one feed; True when all its formats agree."""
    readings, problems = {}, []
    for extension in FORMATS:
        path = folder / f"{name}.{extension}"
        if not path.exists():
            continue
        try:
            readings[extension] = read_json(path) if extension == "json" else read_xml(path)
        except (ValueError, KeyError) as error:
            problems.append(f"{path.name}: {error}")
    first = next(iter(readings), None)
    for extension in list(readings)[1:]:
        found = differences(readings[first], readings[extension], first == "atom", extension == "atom")
        problems.extend(f"{name}: {first} and {extension}: {line}" for line in found)
    ids = [entry["id"] for entry in readings.get(first, [])]
    if len(set(ids)) != len(ids):
        problems.append(f"{name}: ids repeat")
    counts = " ".join(f"{len(readings[e]) if e in readings else '-':>6}" for e in FORMATS)
    titles = sum(1 for entry in readings.get(first, []) if entry["title"])
    dates = sum(1 for entry in readings.get(first, []) if entry["published"])
    print(f"{name:<24} {counts} {titles:>7} {dates:>6}  {'differs' if problems else 'same'}")
    for line in problems[:20]:
        print(f"  {line}", file=sys.stderr)
    return not problems


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or sorted({path.stem for e in FORMATS for path in folder.glob(f"*.{e}")})
    if not names:
        print(f"no feeds in {folder}", file=sys.stderr)
        sys.exit(2)
    print(f"{'feed':<24} {'rss':>6} {'atom':>6} {'json':>6} {'titled':>7} {'dated':>6}")
    results = [check(folder, name) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
