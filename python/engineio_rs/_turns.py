"""How much is done for one client before others have their turn."""

import time

#: Messages, or other packets.
MESSAGES = 64

#: Seconds of work. A single message, and what the application does about it, cannot be divided.
SECONDS = 0.005


class Turn:
    """Counts what is done for a client, in the place of an event loop or a hub that waits to go on."""

    def __init__(self) -> None:
        self._done = 0
        self._worked = 0.0
        self._since = time.monotonic()

    def work(self) -> None:
        """The work on a message begins. What was waited for before it does not count."""
        self._since = time.monotonic()

    def is_over(self) -> bool:
        """The work on a message has ended. Returns whether it is the turn of others, after which a new one begins."""
        self._done += 1
        now = time.monotonic()
        self._worked += now - self._since
        self._since = now
        if self._done < MESSAGES and self._worked < SECONDS:
            return False
        self._done, self._worked = 0, 0.0
        return True
