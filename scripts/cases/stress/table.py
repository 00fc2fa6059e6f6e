"""The table of what was run under stress: for each address the number of cases, of runs and of failures.

An address is a case, or a file whose cases were all run. A case that failed in the run of a file gets a row of its own.
"""

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).resolve().parents[3] / 'conformance' / 'stress' / 'table.tsv'
HEAD = ('suite', 'case or file', 'cases', 'runs', 'failures')


@dataclass
class Row:
    """What became of an address."""

    cases: int = 0
    runs: int = 0
    failures: int = 0


@contextmanager
def alone(path=PATH):
    """Lets no other run write the table meanwhile."""
    descriptor = os.open(Path(path).parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Table:
    """The rows by suite and address, and the file that keeps them."""

    def __init__(self, path=PATH):
        self._path = Path(path)
        self.rows = {}
        if self._path.exists():
            for line in self._path.read_text().splitlines()[1:]:
                suite, address, *counts = line.split('\t')
                self.rows[suite, address] = Row(*map(int, counts))

    def runs(self, suite, address):
        """Returns how often an address was run."""
        return self.rows.get((suite, address), Row()).runs

    def add(self, suite, address, look):
        """Adds a run in which an address was run; returns the addresses that failed in it."""
        passed = {case: ok for case, ok in look.passed.items() if is_in(case, address)}
        failed = [case for case, ok in passed.items() if not ok]
        if look.status and not look.failed or not passed:
            # The run itself failed, or the case was not there.
            failed = [address]
        row = self.rows.setdefault((suite, address), Row())
        row.cases = max(row.cases, len(passed), 1)
        row.runs += 1
        row.failures += len(failed)
        for case in passed:
            if case != address and ((suite, case) in self.rows or case in failed):
                self._add_case(suite, case, before=row.runs - 1, failed=case in failed)
        return failed

    def forget(self, suite, address):
        """Removes the row of an address, and those of the cases in a file."""
        inside = [key for key in self.rows if key[0] == suite and is_in(key[1], address)]
        for key in inside:
            del self.rows[key]

    def write(self):
        """Writes the file."""
        lines = ['\t'.join(HEAD)]
        for (suite, address), row in sorted(self.rows.items()):
            lines.append(f'{suite}\t{address}\t{row.cases}\t{row.runs}\t{row.failures}')
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix('.new')
        fresh.write_text('\n'.join(lines) + '\n')
        fresh.replace(self._path)

    def _add_case(self, suite, case, before, failed):
        row = self.rows.setdefault((suite, case), Row(cases=1, runs=before))
        row.runs += 1
        row.failures += failed


def is_in(case, address):
    """Whether a case is the one of that address, or in that file."""
    return case == address or case.startswith(f'{address}::')
