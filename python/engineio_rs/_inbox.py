"""Messages that no handler takes, for those who ask for them."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from . import _delivery

#: Messages that are kept. When there are as many, the client stops reading.
LIMIT = 256

#: Seconds that a full inbox waits for somebody to ask for the first time. After that, the oldest messages give way: the
#: application seems not to want them, and a client that does not read would be disconnected.
PATIENCE = 5.0


class BaseInbox:
    """A bounded queue that ends with the connection."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._messages: deque[Any] = deque()
        self._open = False
        #: Whether somebody has asked for messages.
        self._asked = False
        #: Whether the oldest messages give way.
        self._discards = False

    def _begin(self) -> None:
        self._messages.clear()
        self._open, self._asked, self._discards = True, False, False

    def _ask(self) -> None:
        self._asked, self._discards = True, False

    def _discard(self) -> None:
        if not self._asked and not self._discards:
            self._discards = True
            self._logger.warning(
                'Messages are discarded: no handler for them is registered, and nobody has asked for them for '
                '%g seconds', PATIENCE,
            )  # fmt: skip

    def _add(self, message: Any) -> None:
        if len(self._messages) >= LIMIT:
            self._messages.popleft()
        self._messages.append(message)


class Inbox(BaseInbox):
    """An inbox for threads."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self._changed = threading.Condition()

    def open(self) -> None:
        """A connection begins."""
        with self._changed:
            self._begin()

    def close(self) -> None:
        """The connection has ended, or nobody wants more: what is there can still be taken."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def put(self, message: Any) -> None:
        """Adds a message. Waits while it is full, and nobody delivers another one meanwhile."""
        with self._changed:
            if self._is_full():
                with _delivery.hold():
                    while self._is_full():
                        if not self._changed.wait(PATIENCE):
                            self._discard()
            if self._open:
                self._add(message)
                self._changed.notify_all()

    def _is_full(self) -> bool:
        return self._open and not self._discards and len(self._messages) >= LIMIT

    def get(self, timeout: float | None = None) -> Any:
        """Waits for a message. Raises ``EOFError`` at the end, ``TimeoutError`` after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._ask()
            if not self._messages:
                _delivery.give_way()
            while not self._messages:
                if not self._open:
                    raise EOFError('the connection has ended')
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f'no message came within {timeout} seconds')
                self._changed.wait(left)
            self._changed.notify_all()
            return self._messages.popleft()

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                message = self.get()
            except EOFError:
                return
            yield message


class AsyncInbox(BaseInbox):
    """An inbox for asyncio."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self._arrived: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._make_room: Callable[[], None] = _do_nothing

    def open(self, make_room: Callable[[], None]) -> None:
        """A connection begins. The function is called when there is room again."""
        self._begin()
        self._make_room = make_room

    def close(self) -> None:
        """The connection has ended, or nobody wants more: what is there can still be taken."""
        self._open = False
        self._stop_timer()
        while self._arrived:
            self._wake()

    def room(self) -> int:
        """How many messages can be added now. Without room, one has to wait."""
        room = LIMIT - len(self._messages) if self._open and not self._discards else LIMIT
        if not room and not self._asked and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._lose_patience)
        return room

    def _lose_patience(self) -> None:
        self._timer = None
        self._discard()
        self._make_room()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def put(self, message: Any) -> None:
        """Adds a message."""
        if self._open:
            self._add(message)
            self._wake()

    def _wake(self) -> None:
        while self._arrived:
            arrived = self._arrived.popleft()
            if not arrived.done():
                arrived.set_result(None)
                return

    def _pass_on(self, arrived: asyncio.Future[None]) -> None:
        """Nobody waits here any more: what it was told is for another one."""
        if arrived.done():
            self._wake()
        else:
            self._arrived.remove(arrived)

    async def get(self, timeout: float | None = None) -> Any:
        """As that of ``Inbox``."""
        self._ask()
        self._stop_timer()
        while not self._messages:
            if not self._open:
                raise EOFError('the connection has ended')
            arrived = asyncio.get_running_loop().create_future()
            self._arrived.append(arrived)
            try:
                await asyncio.wait([arrived], timeout=timeout)
            except asyncio.CancelledError:
                self._pass_on(arrived)
                raise
            if not arrived.done():
                self._pass_on(arrived)
                raise TimeoutError(f'no message came within {timeout} seconds')
        was_full = len(self._messages) >= LIMIT
        message = self._messages.popleft()
        if was_full:
            self._make_room()
        return message


def _do_nothing() -> None:
    """For who has nothing to do."""
