"""What synchronous and asynchronous classes share: flows.

A flow is a generator. Each value that it yields is the result of a call that may wait: the result itself in a class
for threads or greenlets, an awaitable in one for asyncio. What the flow gets back from the ``yield`` is the result in
either case, so one text serves both::

    def _send(self, pkt):
        if (yield self.check_ping_timeout()):
            ...

    def send(self, pkt):
        run(self._send(pkt))

    async def send(self, pkt):
        await arun(self._send(pkt))
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar('T')

Flow: TypeAlias = Generator[Any, Any, T]


def run(flow: Flow[T]) -> T:
    """Runs a flow whose calls have waited themselves. Returns what the flow returns."""
    result = None
    try:
        while True:
            result = flow.send(result)
    except StopIteration as end:
        returned: T = end.value
        return returned
    except RuntimeError as error:
        # Some WSGI servers are left with a StopIteration, which a generator does not let through.
        if isinstance(error.__cause__, StopIteration):
            raise error.__cause__ from None
        raise


async def arun(flow: Flow[T]) -> T:
    """Runs a flow whose calls return awaitables. Returns what the flow returns."""
    step: Any = flow.send
    argument: Any = None
    awaited: Any = None
    try:
        while True:
            awaited = step(argument)
            try:
                argument = await awaited if hasattr(awaited, '__await__') else awaited
                step = flow.send
            except BaseException as error:
                step, argument = flow.throw, error
    except StopIteration as end:
        returned: T = end.value
        return returned
    finally:
        flow.close()
        # An error has this frame in its traceback: what either holds would wait for the garbage collector.
        step = argument = awaited = None
