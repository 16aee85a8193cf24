#!/usr/bin/env python3
"""Hold the scores reached on the corpora: fails when one falls below its line in tests/scores.toml by more than noise.

Each line names a scorer, a path into the figures it writes, the score reached, and how much of it may be noise. A score
that is well above its line is reported too: raising the line is a commit of its own.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


def figures(corpora, scorer, courant):
    with tempfile.NamedTemporaryFile(suffix='.json') as out:
        command = [sys.executable, str(corpora / 'corpora.py'), scorer, '--courant', courant, '--json', out.name]
        environment = {**os.environ, 'COURANT_CORPORA': str(corpora)}
        run = subprocess.run(command, capture_output=True, text=True, env=environment)
        if run.returncode:
            sys.exit(f'{scorer} could not be carried out:\n{run.stdout}{run.stderr}')
        if run.stderr.strip():
            print(run.stderr.strip())
        return json.load(open(out.name, encoding='utf-8'))


def at(figures, path):
    for part in path.split('/'):
        figures = figures[part]
    return float(figures)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--courant', required=True)
    arguments.add_argument('--corpora', required=True, type=pathlib.Path)
    given = arguments.parse_args()
    lines = tomllib.loads((HERE / 'scores.toml').read_text(encoding='utf-8'))['score']
    found = {scorer: figures(given.corpora, scorer, given.courant) for scorer in sorted({line['scorer'] for line in lines})}
    fallen = 0
    for line in lines:
        value = at(found[line['scorer']], line['figure'])
        low = value < line['reached'] - line['noise']
        fallen += low
        mark = 'FELL' if low else 'rose: raise the line' if value > line['reached'] + max(line['noise'], 0.001) else 'held'
        print(f"{line['scorer']:<14}{line['figure']:<58}{line['reached']:>8.4f} → {value:.4f}  {mark}")
    print(f'{len(lines) - fallen} scores held, {fallen} fell')
    sys.exit(bool(fallen))


if __name__ == '__main__':
    main()
