#!/usr/bin/env python3
"""Checks published documents as strictly as there are rules for them.

    outputs.py FOLDER [--all]

FOLDER holds feeds in any of `.rss`, `.atom`, `.json`, `.ndjson`, in folders too: `cargo test --test outputs` writes
those of the corpora. Checked are

- XML: well-formed (expat), no character that XML forbids or advises against;
- Atom: the RELAX NG schema `schemas/atom.rnc`, by jing;
- JSON Feed: `schemas/feed.schema.json`, by jsonschema; JSON lines: its items;
- RSS: the rules of the RSS Advisory Board (`rss_rules.py`);
- RSS and Atom: what the W3C's feed validator calls an error or a warning (`feed_rules.py`);
- both read back by feedparser: every field it knows equal to that of the same value in JSON Feed.

Errors are none. Warnings are admitted only of the classes that docs/formats.md names ("Warnings of validators"). Prints
counts; exits 1 when something is wrong, 2 when there is nothing to check. `--all` prints each finding.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import xml.parsers.expat

import feedparser
import jsonschema

import feed_rules
import rss_rules

HERE = pathlib.Path(__file__).resolve().parent

# Named in docs/formats.md, with the reason for each.
ADMITTED = {
    "ArchiveIncomplete",
    "BadCharacters",
    "DuplicateUpdated",
    "ImplausibleDate",
    "MissingItunesElement",
    "MissingTextualContent",
    "NonCanonicalURI",
    "NotHtml",
    "SchemeNotIANARegistered",
    "SecurityRisk",
    "SecurityRiskAttr",
    "UnknownNamespace",
    "UnsupportedItunesFormat",
    "UnsupportedNamespace",
}


class Findings:
    """What was found, by kind."""

    def __init__(self):
        self.found = collections.defaultdict(list)

    def add(self, kind, path, text):
        self.found[kind].append(f"{path.name}: {text}")


def well_formed(path, findings):
    """The bytes of a document that expat reads; None for one it does not."""
    data = path.read_bytes()
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(data, True)
    except xml.parsers.expat.ExpatError as error:
        findings.add("XML not well-formed", path, error)
        return None
    for character in data.decode("utf-8"):
        code = ord(character)
        if (code < 32 and character not in "\t\n") or 0x7F <= code <= 0x9F or code & 0xFFFE == 0xFFFE and code < 0x10000:
            findings.add("forbidden character", path, f"U+{code:04X}")
            break
    return data


def jing(paths, findings):
    """Atom against the schema, many documents a run."""
    for start in range(0, len(paths), 400):
        batch = paths[start : start + 400]
        command = ["jing", "-c", str(HERE / "schemas/atom.rnc"), *map(str, batch)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # What Debian's starter of jing says of libraries it does without goes to the other stream.
        lines = done.stdout.splitlines() or done.stderr.splitlines()[-3:] * (done.returncode != 0)
        for line in lines:
            name, _, text = line.partition(": ")
            findings.add("Atom schema", pathlib.Path(name.split(":")[0]), text)


def read_back(path, items, findings):
    """feedparser's reading of RSS or Atom against the JSON Feed of the same value; how many fields were compared."""
    feed = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    if feed.bozo:
        findings.add("feedparser: not well-formed", path, feed.bozo_exception)
    if len(feed.entries) != len(items):
        findings.add("feedparser: entries", path, f"{len(feed.entries)} of {len(items)}")
        return 0
    count = 0
    is_atom = path.suffix == ".atom"
    for entry, item in zip(feed.entries, items):
        for field, held, read in feed_rules.fields(entry, item, is_atom):
            count += 1
            if held != read:
                findings.add(f"feedparser: {path.suffix} {field}", path, f"held {held!r}, read {read!r}")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    of = {kind: sorted(options.folder.rglob(f"*.{kind}")) for kind in ("rss", "atom", "json", "ndjson")}
    if not any(of.values()):
        print(f"no feeds in {options.folder}", file=sys.stderr)
        sys.exit(2)
    findings, warnings, fields = Findings(), Findings(), 0
    schema = json.loads((HERE / "schemas/feed.schema.json").read_text("utf-8"))
    whole = jsonschema.Draft202012Validator(schema)
    for path in of["json"]:
        feed = json.loads(path.read_text("utf-8"))
        for error in whole.iter_errors(feed):
            findings.add("JSON Feed schema", path, f"{error.json_path}: {error.message[:200]}")
        ids = [item["id"] for item in feed["items"]]
        if len(set(ids)) != len(ids):
            findings.add("JSON Feed: ids repeat", path, "")
    single = jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/item"})
    for path in of["ndjson"]:
        for line in path.read_text("utf-8").splitlines():
            for error in single.iter_errors(json.loads(line)):
                findings.add("JSON lines schema", path, f"{error.json_path}: {error.message[:200]}")
    for kind in ("rss", "atom"):
        for path in of[kind]:
            data = well_formed(path, findings)
            if data is None:
                continue
            if kind == "rss":
                for text in rss_rules.check(data):
                    findings.add("RSS rules", path, text)
            for level, name, text in feed_rules.check(data):
                if level == "error":
                    findings.add(f"validator: {name}", path, text)
                else:
                    (warnings if name in ADMITTED else findings).add(f"warning {name}", path, text)
            twin = path.with_suffix(".json")
            if twin.exists():
                fields += read_back(path, json.loads(twin.read_text("utf-8"))["items"], findings)
    jing(of["atom"], findings)
    counts = ", ".join(f"{len(paths)} {kind}" for kind, paths in of.items())
    print(f"{counts}; {fields} fields read back by feedparser")
    for kind, list_ in sorted(warnings.found.items()):
        print(f"  admitted {kind}: {len(list_)}" + (f", {list_[0][:160]}" if options.all else ""))
    for kind, list_ in sorted(findings.found.items()):
        print(f"  WRONG {kind}: {len(list_)}")
        for text in list_ if options.all else list_[:4]:
            print(f"    {text[:400]}")
    print("wrong" if findings.found else "all right")
    sys.exit(1 if findings.found else 0)


if __name__ == "__main__":
    main()
