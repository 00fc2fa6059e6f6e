"""Programs whose threads are greenlets: gevent's or eventlet's, once they have patched the standard library.

A greenlet that waits in Rust would keep all others of its thread from running. It asks instead, and in between it waits
in its hub for a bell, which Rust rings from another thread.
"""

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from . import _core

#: Seconds between two looks, where hubs watch no descriptors.
_LOOK = 0.01

#: Bells that nobody waits for.
_idle: list[_core.Bell] = []

#: What an attempt returns: whether it has an answer, the answer, and else after how many seconds to try again.
Attempt = tuple[bool, Any, float | None]


def is_patched() -> bool:
    """Whether threads are greenlets now."""
    return _patcher() is not None


def exits() -> type[BaseException] | tuple[()]:
    """The exception that ends a greenlet."""
    greenlet: Any = sys.modules.get('greenlet')
    return () if greenlet is None else greenlet.GreenletExit


def _patcher() -> Callable[[int, float | None], None] | None:
    monkey: Any = sys.modules.get('gevent.monkey')
    if monkey is not None and monkey.is_module_patched('threading'):
        return _pause_gevent
    patcher: Any = sys.modules.get('eventlet.patcher')
    if patcher is not None and patcher.is_monkey_patched('thread'):
        return _pause_eventlet
    return None


def _pause_gevent(descriptor: int, seconds: float | None) -> None:
    socket: Any = import_module('gevent.socket')
    try:
        socket.wait_read(descriptor, seconds, TimeoutError())
    except TimeoutError:
        pass


def _pause_eventlet(descriptor: int, seconds: float | None) -> None:
    hubs: Any = import_module('eventlet.hubs')
    try:
        hubs.trampoline(descriptor, read=True, timeout=seconds, timeout_exc=TimeoutError)
    except TimeoutError:
        pass


def wait(attempt: Callable[[_core.Bell], Attempt], timeout: float | None = None) -> Any:
    """Waits until an attempt has an answer, and returns it; ``None`` after ``timeout`` seconds. Others run meanwhile."""
    pause = _patcher() or _pause_gevent
    deadline = None if timeout is None else time.monotonic() + timeout
    bell = _idle.pop() if _idle else _core.Bell()
    try:
        while True:
            bell.clear()
            done, answer, patience = attempt(bell)
            if done:
                return answer
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            _pause(pause, bell, min((limit for limit in (patience, left) if limit is not None), default=None))
    finally:
        _idle.append(bell)


def _pause(pause: Callable[[int, float | None], None], bell: _core.Bell, seconds: float | None) -> None:
    if bell.fileno() < 0:
        time.sleep(_LOOK)
    else:
        pause(bell.fileno(), seconds)


def wait_watched(session: _core.NativeClient, number: int, timeout: float | None = None) -> bool:
    """Waits for the end of a wait of a native session. Returns whether it ended well, and in time."""

    def look(bell: _core.Bell) -> Attempt:
        session.listen(bell)
        well = session.watched(number)
        return well is not None, well, None

    try:
        return bool(wait(look, timeout))
    finally:
        session.unwatch(number)


def open_native(session: _core.NativeClient, url: str) -> Any:
    """Connects a native session, and waits for it. Returns ``None``, or what went wrong."""

    def look(bell: _core.Bell) -> Attempt:
        session.listen(bell)
        outcome = session.opened()
        return outcome is not None, outcome, None

    session.start(url)
    outcome = wait(look)
    return None if outcome is True else outcome


def next_event(session: _core.Delivery, ticket: int) -> tuple[str, Any] | None:
    """As ``session.next_event()``."""
    event: tuple[str, Any] | None = wait(lambda bell: (*session.poll_next(ticket, bell), None))
    return event


def stand_by(session: _core.Delivery) -> int | None:
    """As ``session.stand_by()``."""
    ticket: int | None = wait(session.poll_stand_by)
    return ticket


def after_fork() -> None:
    """The bells are the parent's."""
    _idle.clear()
