"""Stops processes for a moment, at random."""

import random
import signal
import time

from . import processes

#: Seconds for which a process is stopped as a rule.
SHORT = (0.05, 0.2)
#: Seconds for which it is stopped now and then.
LONG = (0.2, 1.0)
LONG_SHARE = 0.1
#: Seconds between two rounds.
PAUSE = (0.05, 0.25)
#: Seconds that a process has to stop. On a busy machine it may have no processor to do so.
STANDSTILL = 10.0
#: The number of processes that stand still at the same time at most.
MOST = 3


class Stopper:
    """Decides which processes stop and for how long; the same seed decides the same for the same processes."""

    def __init__(self, seed, sleep=time.sleep):
        self._random = random.Random(seed)
        self._sleep = sleep
        self.stops = 0

    def round(self, pids):
        """Stops some of the processes, continues them after a moment, and pauses."""
        candidates = [pid for pid in pids if may_stop(pid)]
        victims = self._random.sample(candidates, min(len(candidates), self._random.randint(1, MOST)))
        try:
            for pid in victims:
                stop(pid)
            self._sleep(self._moment())
        finally:
            for pid in victims:
                release(pid)
        self.stops += len(victims)
        self._sleep(self._random.uniform(*PAUSE))

    def _moment(self):
        return self._random.uniform(*(LONG if self._random.random() < LONG_SHARE else SHORT))


def may_stop(pid):
    """Whether to stop a process changes nothing but time.

    One that its test has stopped would be continued with ours. A signal that comes while a process is stopped is given to
    any of its threads afterwards, where a test of signals relies on the main thread being interrupted by it.
    """
    return processes.is_running(pid) and not processes.catches(pid, signal.SIGALRM)


def stop(pid):
    """Stops a process, and waits until it stands still: until then, our own signal is pending."""
    processes.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + STANDSTILL
    while processes.is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.001)


def release(pid):
    """Continues a process, unless somebody else has stopped it meanwhile, whose signal is then pending."""
    if processes.is_running(pid) or not processes.is_pending(pid, signal.SIGSTOP):
        processes.kill(pid, signal.SIGCONT)
