"""The deadlines of a server's sessions: one heap for all of them, and no thread or task for each."""

import heapq
import itertools
import threading
import time
from typing import Any, Protocol


class Timed(Protocol):
    """Something with deadlines, the first of which is in the heap."""

    #: The deadline in the heap, or None.
    _armed: float | None


class Timers:
    """Who is to be looked at when. Times are those of ``time.monotonic()``."""

    def __init__(self) -> None:
        #: Held while the heap changes, and while it is decided who waits for the deadlines. Nothing waits within.
        self.lock = threading.Lock()
        self._heap: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()
        #: What threads that read from clients are watched by, by seconds.
        self.watches: dict[float, Any] = {}

    def __reduce__(self) -> tuple[type['Timers'], tuple[()]]:
        """A copy of a server has sessions of its own, and so its own deadlines."""
        return type(self), ()

    def arm(self, timed: Timed, delay: float) -> bool:
        """Enters a deadline, unless an earlier one of the same is there. Returns whether it is the first of all."""
        deadline = time.monotonic() + delay
        with self.lock:
            if timed._armed is not None and timed._armed <= deadline:
                return False
            timed._armed = deadline
            heapq.heappush(self._heap, (deadline, next(self._numbers), timed))
            return self._heap[0][2] is timed

    def delay(self) -> float | None:
        """Seconds until the first deadline; None if there is none."""
        first = self._heap[:1]
        return max(first[0][0] - time.monotonic(), 0.0) if first else None

    def take_due(self) -> list[Any]:
        """Those whose deadline has come."""
        now = time.monotonic()
        due = []
        with self.lock:
            while self._heap and self._heap[0][0] <= now:
                deadline, _, timed = heapq.heappop(self._heap)
                # An entry that an earlier one has replaced means nothing.
                if timed._armed == deadline:
                    timed._armed = None
                    due.append(timed)
        return due
