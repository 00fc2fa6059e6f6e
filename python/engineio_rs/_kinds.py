"""Servers and handlers of the wrong kind, refused when they are given rather than when the first client comes."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def demand(server: Any, is_async: bool, user: str) -> None:
    """Raises ``TypeError`` if a server is known to be of the other kind than what is made for it, the ``user``.

    What only looks like a server may have no kind.
    """
    wanted, other = ('an AsyncServer', 'a Server') if is_async else ('a Server', 'an AsyncServer')
    if isinstance(server, type):
        raise TypeError(f'{user} was given the class {server.__name__}; expected {wanted}: call it to make one')
    kind = getattr(server, 'is_asyncio_based', None)
    if callable(kind) and kind() is (not is_async):
        hint = 'use WSGIApp for it' if is_async else 'use ASGIApp or attach() for it'
        raise TypeError(f'{user} was given {other}; expected {wanted}: make that, or {hint}')


def demand_mode(server: Any, mode: str, user: str) -> None:
    """Has a server run in an async mode, which its user needs.

    Raises ``ValueError`` if the application has asked for another one.
    """
    # The servers of python-socketio have ours as an attribute.
    eio = server if hasattr(server, '_mode_is_wanted') else getattr(server, 'eio', None)
    is_wanted = getattr(eio, '_mode_is_wanted', None)
    if not isinstance(is_wanted, bool) or eio is None or eio.async_mode == mode:
        return
    if is_wanted:
        raise ValueError(f'{user} is for async_mode={mode!r}, and the server has {eio.async_mode!r}: change one of them')
    eio._take_mode(mode)


def demand_function(event: str, handler: Callable[..., Any], user: str) -> None:
    """Raises ``TypeError`` for a handler that nobody would await."""
    if is_coroutine_function(handler):
        name = getattr(handler, '__name__', repr(handler))
        raise TypeError(
            f'the {event} handler {name!r} is a coroutine function, which {user} does not await; expected a function: '
            f'write it with def, or make an Async{user}'
        )


def reject_coroutine(coroutine: Any, user: str) -> None:
    """Raises ``TypeError`` for what a handler has returned that only turns out now to be a coroutine function."""
    coroutine.close()
    raise TypeError(f'the handler returned a coroutine, which {user} does not await; write it with def, or make an Async{user}')


def is_coroutine_function(handler: Any) -> bool:
    """Whether calling something returns a coroutine: a coroutine function, or an object that is called as one."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(type(handler), '__call__', None))
