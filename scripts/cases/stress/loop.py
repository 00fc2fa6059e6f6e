"""Many runs of a selection, one after the other, while its processes are stopped."""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from ..look import Look
from . import processes
from .load import busy_cores
from .stopper import Stopper
from .table import Table, alone

#: Its value is JSON: `runs`, and `seed` for the first of them.
VARIABLE = 'STRESS'
LOGS = Path(__file__).resolve().parents[3] / 'target' / 'stress'
#: Seconds after which a run is ended. Cases end by themselves, long before.
CEILING = 3600


def run(runner, selection, suite):
    """Runs the selected addresses until the table says that each was run as often as asked for; returns the exit code."""
    wish = json.loads(os.environ[VARIABLE])
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    # With a signal it would need the alarm for itself.
    environment['PYTEST_ADDOPTS'] = '-o timeout_method=thread'
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failures = 0
    with busy_cores() as busy:
        for addresses in by_file(selection or runner.files()):
            failures += Loop(runner, suite, addresses, environment, wish, busy).run()
    return int(failures > 0)


def by_file(selection):
    """Returns the addresses in groups that are run together: the cases of a file, or a whole file."""
    groups = {}
    for address in selection:
        file, separator, _ = address.partition('::')
        groups.setdefault((file, separator), []).append(address)
    return list(groups.values())


class Loop:
    """The runs of some addresses in one file."""

    def __init__(self, runner, suite, addresses, environment, wish, busy):
        self._runner, self._suite, self._addresses = runner, suite, addresses
        self._environment, self._busy = environment, busy
        self._runs = wish['runs']
        self._seed = wish.get('seed')

    def run(self):
        """Runs what is missing; returns the number of failures."""
        failures = 0
        while missing := self._missing():
            seed = self._seed if self._seed is not None else random.SystemRandom().randrange(1 << 32)
            failures += self._run_once(missing, seed)
        return failures

    def _missing(self):
        table = Table()
        return [address for address in self._addresses if table.runs(self._suite, address) < self._runs]

    def _run_once(self, addresses, seed):
        log = LOGS / f'{self._suite}-{"".join(c if c.isalnum() else "_" for c in addresses[0])[:60]}-{seed}.log'
        log.parent.mkdir(parents=True, exist_ok=True)
        began, stopper = time.monotonic(), Stopper(seed)
        look = self._look(log, stopper, addresses)
        with alone():
            table = Table()
            failed = [case for address in addresses for case in table.add(self._suite, address, look)]
            table.write()
        runs = f'run {table.runs(self._suite, addresses[0])} of {self._runs}'
        print(
            f'{"FAILED" if failed else "passed"}: {self._suite}/{addresses[0].partition("::")[0]}, {runs}, '
            f'exit {look.status}, {len(look.passed)} cases, {stopper.stops} stops, {time.monotonic() - began:.1f} s, seed {seed}',
            flush=True,
        )
        if not failed:
            log.unlink()
        for case in failed:
            print(f'    {case}: see {log.relative_to(LOGS.parents[1])}', flush=True)
        return len(failed)

    def _look(self, log, stopper, addresses):
        reader, writer = os.pipe()
        root = os.fork()
        if root == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # In a session of its own: stopped processes get SIGHUP when the shell that has started all this ends.
            os.setsid()
            os.close(reader)
            self._look_and_tell(log, writer, addresses)
        os.close(writer)
        stop_until_done(root, self._busy, stopper)
        with os.fdopen(reader) as told:
            text = told.read()
        return Look(**json.loads(text)) if text else Look(1)

    def _look_and_tell(self, log, writer, addresses):
        status = 1
        try:
            # Together, so that all can be ended together.
            with open(log, 'w') as to, os.fdopen(writer, 'w') as tell:
                look = self._runner.look(addresses, self._environment, to)
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

    try:
        while not reap(root):
            if time.monotonic() > deadline:
                processes.kill(root, signal.SIGKILL)
            stopper.round(others())
    except BaseException:
        # Nobody is left to look at what it comes to.
        processes.kill(root, signal.SIGKILL)
        raise
    finally:
        for pid in others():
            processes.kill(pid, signal.SIGKILL)


def reap(root):
    """Collects every child that has ended, as init would do with orphans; returns whether `root` was one of them."""
    while True:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid in (0, root):
            return pid == root
