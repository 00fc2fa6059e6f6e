"""The command behind `make stress`."""

import argparse
import json
import os
import subprocess
import sys

from .loop import VARIABLE
from .suites import ROOT, SUITES
from .table import PATH, Table

#: Every case that has ever failed for no reason of its own, an address on each line.
SUSPECTS = PATH.parent / 'suspects.txt'

DESCRIPTION = """\
Runs cases many times while their processes are stopped at random and all cores are busy, and keeps count in
conformance/stress/table.tsv. What the table has is not run again, so that a run that was interrupted goes on.
"""
CASE = """\
SUITE, SUITE/FILE or SUITE/FILE::CASE, as in `hosting/test_wire.py::test_a_rejection_says_why[uvicorn]` or
`conformance/wire/upgrade.test.js::upgrade > on the upgrade packet ...`; `suspects` for every case that ever failed
without a cause in what was changed (conformance/stress/suspects.txt); without it, everything
"""


def main(arguments=None):
    """Runs what is asked for; returns the exit code."""
    options = parse(arguments)
    selected = addresses(options.case)
    if options.again:
        forget(selected)
    status = 0
    for suite, files in selected.items():
        status |= run(suite, missing(suite, files, options.runs), options)
    return status


def parse(arguments):
    """Returns the options."""
    parser = argparse.ArgumentParser('stress', description=DESCRIPTION)
    parser.add_argument('case', nargs='*', help=CASE)
    parser.add_argument('--runs', type=int, default=5, help='runs of each case (default: 5)')
    parser.add_argument('--seed', type=int, help='repeats a run: the seed that it printed')
    parser.add_argument('--again', action='store_true', help='forgets what the table has of these cases')
    return parser.parse_args(arguments)


def addresses(cases):
    """Returns the addresses that were asked for, by suite."""
    selected = {}
    for case in expand(cases) or SUITES:
        suite, _, address = case.partition('/')
        if suite not in SUITES:
            sys.exit(f'error: CASE={case}: expected one of {", ".join(SUITES)}, then /FILE::CASE')
        selected.setdefault(suite, []).extend([address] if address else SUITES[suite].files())
    return selected


def expand(cases):
    """Returns the addresses with those of the suspects in the place of their name."""
    lines = SUSPECTS.read_text().splitlines() if 'suspects' in cases else []
    suspects = [line for line in lines if line and not line.startswith('#')]
    return [case for case in cases if case != 'suspects'] + suspects


def missing(suite, files, runs):
    """Returns the addresses that were not run often enough."""
    table = Table()
    return [file for file in files if table.runs(suite, file) < runs]


def forget(selected):
    """Removes what the table has of the addresses."""
    table = Table()
    for suite, files in selected.items():
        for file in files:
            table.forget(suite, file)
    table.write()


def run(suite, files, options):
    """Runs addresses of a suite; returns the exit code."""
    if not files and SUITES[suite].patterns:
        return 0
    wish = json.dumps({'runs': options.runs, 'seed': options.seed})
    command = [*SUITES[suite].script, *files]
    return int(subprocess.run(command, cwd=ROOT, env={**os.environ, VARIABLE: wish}).returncode != 0)
