"""Requests by aiohttp, bounded in bytes and time while they are read."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from . import _answers
from ._async_delivery import keep


@functools.cache
def _has_raw_bodies() -> bool:
    """Whether a body can be had as it travels. Otherwise aiohttp decodes what it has read at a time."""
    import aiohttp

    return 'auto_decompress' in inspect.signature(aiohttp.ClientSession._request).parameters


def options(headers: dict[str, str], body: bytes | None, timeout: float | None) -> dict[str, Any]:
    """The arguments of a request whose answer is for ``read()``."""
    import aiohttp

    arguments: dict[str, Any] = {'headers': _answers.with_encodings(headers), 'data': body}
    if _has_raw_bodies():
        arguments['auto_decompress'] = False
    return {**arguments, 'timeout': aiohttp.ClientTimeout(total=timeout)}


async def read(response: Any, limit: int) -> _answers.Answer:
    """Reads an answer. Raises ``OSError`` or what aiohttp raises for what goes wrong on the way."""
    async with response:
        body = _answers.Body(response.status, response.headers, limit, is_decoded=not _has_raw_bodies())
        while piece := await response.content.readany():
            if not body.add(piece):
                break
        return body.finish()


async def within(
    seconds: float | None, awaitable: Awaitable[Any], unclaimed: Callable[[Any], None] | None = None
) -> Any:
    """Waits for something. Raises ``TimeoutError`` after so many seconds.

    :param unclaimed: what gets a result that comes when nobody waits for it any more.
    """
    # Not wait_for(): some versions lose a cancellation that comes with the result.
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait([task], timeout=seconds)
    except asyncio.CancelledError:
        _cancel(task, unclaimed)
        raise
    if not task.done():
        _cancel(task, unclaimed)
        raise TimeoutError(f'the server did not answer within {seconds:g} seconds')
    return task.result()


def _cancel(task: 'asyncio.Future[Any]', unclaimed: Callable[[Any], None] | None) -> None:
    def take(task: 'asyncio.Future[Any]') -> None:
        if not task.cancelled() and task.exception() is None and unclaimed is not None:
            unclaimed(task.result())

    task.cancel()
    task.add_done_callback(take)


async def within_or_later(seconds: float, awaitable: Awaitable[Any], late: Callable[[Any], None]) -> Any:
    """Waits as ``within()`` does. Who is cancelled meanwhile leaves the result to ``late``: ``None`` if there is none."""
    task = keep(asyncio.ensure_future(within(seconds, awaitable)))
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.add_done_callback(lambda task: late(None if task.cancelled() or task.exception() else task.result()))
        raise
    return task.result()
