"""The ASGI servers that wait, when they are about to end, for what the application has to tell its clients.

ASGI has nothing for it: when the event of the lifespan comes, uvicorn and hypercorn have closed the connections, and
daphne sends none. So what the running web server itself calls first when it ends is looked up, in the coroutines of the
event loop, and lets the application go first. Signals and their handlers are left alone.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableSet
from functools import wraps
from typing import Any

#: Ends the application's sessions.
End = Callable[[], Awaitable[None]]

#: How often it is looked whether the user has lost patience, in seconds.
_IMPATIENCE = 0.1


def hold(held: MutableSet[Any], end: End) -> None:
    """Makes the web servers that run in this event loop wait for ``end`` before they end; unless they are ``held``."""
    for find, prepare in _HOSTS:
        for host in find():
            if host not in held:
                held.add(host)
                prepare(host, end)


def _find_uvicorn() -> Iterator[Any]:
    """Finds the ``Server`` that ``serve`` runs, whoever awaits that."""
    return _found('uvicorn.server', 'self', 'should_exit')


def _hold_uvicorn(server: Any, end: End) -> None:
    shutdown = server.shutdown

    @wraps(shutdown)
    async def end_first(*args: Any, **kwargs: Any) -> Any:
        await _unless(lambda: server.force_exit, end)
        return await shutdown(*args, **kwargs)

    server.shutdown = end_first


def _find_hypercorn() -> Iterator[Any]:
    """Finds the ``WorkerContext``, whose event ``terminated`` is set before anything is closed."""
    return _found('hypercorn.asyncio.run', 'context', 'terminated')


def _hold_hypercorn(context: Any, end: End) -> None:
    terminated = context.terminated
    set_it = terminated.set

    async def end_first() -> None:
        await end()
        await set_it()

    terminated.set = end_first


def _find_daphne() -> Iterator[Any]:
    """Finds Twisted's reactor, if it is the one that daphne runs on."""
    reactor = sys.modules.get('twisted.internet.reactor') if 'daphne.server' in sys.modules else None
    if getattr(reactor, '_asyncioEventloop', None) is asyncio.get_running_loop():
        yield reactor


def _hold_daphne(reactor: Any, end: End) -> None:
    stop = reactor.stop
    ending: list[asyncio.Future[None]] = []

    def end_first() -> None:
        if not ending:
            ending.append(asyncio.ensure_future(end(), loop=reactor._asyncioEventloop))
            ending[0].add_done_callback(lambda _: stop())

    reactor.stop = end_first


#: For each web server what finds it, and what makes it wait.
_HOSTS: tuple[tuple[Callable[[], Iterator[Any]], Callable[[Any, End], None]], ...] = (
    (_find_uvicorn, _hold_uvicorn),
    (_find_hypercorn, _hold_hypercorn),
    (_find_daphne, _hold_daphne),
)


def _found(module: str, variable: str, attribute: str) -> Iterator[Any]:
    """What the coroutines of a module keep in a variable, where it has the attribute."""
    if module in sys.modules:
        for frame in _frames():
            value = frame.f_locals.get(variable) if frame.f_globals.get('__name__') == module else None
            if hasattr(value, attribute):
                yield value


def _frames() -> Iterator[Any]:
    """The frames of the coroutines that run in this event loop, and of those that they await."""
    for task in asyncio.all_tasks():
        coroutine: Any = task.get_coro()
        while coroutine is not None:
            frame = getattr(coroutine, 'cr_frame', None)
            if frame is not None:
                yield frame
            coroutine = getattr(coroutine, 'cr_await', None)


async def _unless(is_impatient: Callable[[], bool], end: End) -> None:
    """Waits for the end, unless the user asks again for the web server to end."""
    ending = asyncio.ensure_future(end())
    while not ending.done() and not is_impatient():
        await asyncio.wait([ending], timeout=_IMPATIENCE)
