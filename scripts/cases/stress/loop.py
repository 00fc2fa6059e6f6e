"""Many runs of a selection, one after the other, while its processes are stopped."""

import json
import os
import random
import sys
import time
from pathlib import Path

from ..look import Look
from . import processes
from .load import busy_cores
from .stopper import Stopper
from .table import Table

#: Its value is JSON: `runs`, and `seed` for the first of them.
VARIABLE = 'STRESS'
LOGS = Path(__file__).resolve().parents[3] / 'target' / 'stress'
#: Seconds after which a run is ended. Cases end by themselves, long before.
CEILING = 3600


def run(runner, selection, suite):
    """Runs each selected address until the table says that it was run as often as asked for; returns the exit code."""
    wish = json.loads(os.environ[VARIABLE])
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    # With a signal it would need the alarm for itself.
    environment['PYTEST_ADDOPTS'] = '-o timeout_method=thread'
    processes.adopt_orphans()
    failures = 0
    with busy_cores() as busy:
        for address in selection or runner.files():
            failures += Loop(runner, suite, address, environment, wish, busy).run()
    return int(failures > 0)


class Loop:
    """The runs of one address."""

    def __init__(self, runner, suite, address, environment, wish, busy):
        self._runner, self._suite, self._address = runner, suite, address
        self._environment, self._busy = environment, busy
        self._runs = wish['runs']
        self._seed = wish.get('seed')
        self._table = Table()

    def run(self):
        """Runs what is missing; returns the number of failures."""
        failures = 0
        for number in range(self._table.runs(self._suite, self._address) + 1, self._runs + 1):
            seed = self._seed if self._seed is not None else random.SystemRandom().randrange(1 << 32)
            failures += self._run_once(number, seed)
        return failures

    def _run_once(self, number, seed):
        log = LOGS / f'{self._suite}-{"".join(c if c.isalnum() else "_" for c in self._address)[:80]}-{number}.log'
        log.parent.mkdir(parents=True, exist_ok=True)
        began, stopper = time.monotonic(), Stopper(seed)
        look = self._look(log, stopper)
        # Another stress run may have written to the table meanwhile.
        self._table = Table()
        self._table.add(self._suite, self._address, look)
        self._table.write()
        failed = look.failed or ([self._address] if look.status else [])
        print(
            f'{"FAILED" if failed else "passed"}: {self._suite}/{self._address}, run {number} of {self._runs}, '
            f'{len(look.passed)} cases, {stopper.stops} stops, {time.monotonic() - began:.1f} s, seed {seed}',
            flush=True,
        )
        if not failed:
            log.unlink()
        for case in failed:
            print(f'    {case}: see {log.relative_to(LOGS.parents[1])}', flush=True)
        return len(failed)

    def _look(self, log, stopper):
        reader, writer = os.pipe()
        root = os.fork()
        if root == 0:
            os.close(reader)
            self._look_and_tell(log, writer)
        os.close(writer)
        stop_until_done(root, self._busy, stopper)
        with os.fdopen(reader) as told:
            text = told.read()
        return Look(**json.loads(text)) if text else Look(1)

    def _look_and_tell(self, log, writer):
        status = 1
        try:
            # Together, so that all can be ended together.
            with open(log, 'w') as to, os.fdopen(writer, 'w') as tell:
                look = self._runner.look([self._address], self._environment, to)
                json.dump(vars(look), tell)
            status = 0
        except BaseException as error:
            print(f'error: {error!r}', file=sys.stderr, flush=True)
        os._exit(status)


def stop_until_done(root, spared, stopper):
    """Stops what this process has begun, but for `root` and what is spared, until `root` has ended; then ends the rest."""
    deadline = time.monotonic() + CEILING

    def others():
        return [pid for pid in processes.descendants([os.getpid()]) if pid not in {root, *spared}]

    while not reap(root):
        if time.monotonic() > deadline:
            processes.kill(root, 9)
        stopper.round(others())
    for pid in others():
        processes.kill(pid, 9)


def reap(root):
    """Collects every child that has ended, as init would do with orphans; returns whether `root` was one of them."""
    while True:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid in (0, root):
            return pid == root
