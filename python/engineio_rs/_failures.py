"""What becomes of an exception that a handler lets out.

Handlers are the application's, and what they raise is often a client's doing: ``argparse`` and ``click`` answer text that
they do not understand with ``SystemExit``. A handler that raises has failed, whatever it raises. What passes is what
others throw into the thread or task that runs it.
"""

import asyncio
import functools
import sys
from collections.abc import Callable, Coroutine
from typing import Any


def passes(error: BaseException) -> bool:
    """Whether an exception out of a function is for those who run it: Ctrl-C, or the end of its greenlet."""
    return isinstance(error, KeyboardInterrupt) or _ends_greenlet(error)


def passes_await(error: BaseException) -> bool:
    """The same of what was awaited, where its task may have been cancelled or closed besides.

    To be asked where the exception was caught.
    """
    if isinstance(error, asyncio.CancelledError):
        return _is_cancelled()
    if isinstance(error, GeneratorExit):
        return _closes_caller(error)
    return passes(error)


def contained(target: Callable[..., Any], logger: Any) -> Callable[..., Any]:
    """Makes the function of a background task one that ends with ``SystemExit`` alone: a hub would end with it."""

    @functools.wraps(target)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return target(*args, **kwargs)
        except SystemExit:
            logger.exception('background task error')

    return run


class Contained(Coroutine[Any, Any, Any]):
    """The coroutine of a background task, which ends with ``SystemExit`` alone: an event loop would end with it.

    It is no coroutine around the other one, which would not be awaited if the task were cancelled before it begins.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], logger: Any) -> None:
        self._work = work
        self._logger = logger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def __await__(self) -> Any:
        return (yield from self._work.__await__())

    def send(self, value: Any) -> Any:
        """See ``Coroutine``."""
        return self._step(self._work.send, value)

    def throw(self, *error: Any) -> Any:
        """See ``Coroutine``."""
        return self._step(self._work.throw, *error)

    def close(self) -> None:
        """See ``Coroutine``."""
        self._work.close()

    def _step(self, step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except SystemExit:
            self._logger.exception('background task error')
        raise StopIteration


def _ends_greenlet(error: BaseException) -> bool:
    greenlet = sys.modules.get('greenlet')
    return greenlet is not None and isinstance(error, greenlet.GreenletExit)


def _is_cancelled() -> bool:
    """Whether it is the running task that was cancelled, and not something that it waits for: 3.10 cannot tell."""
    cancelling = getattr(asyncio.current_task(), 'cancelling', None)
    return cancelling is None or cancelling() > 0


def _closes_caller(error: GeneratorExit) -> bool:
    """Whether it was thrown into the coroutine that awaits: it comes from no deeper then."""
    return error.__traceback__ is None or error.__traceback__.tb_next is None
