"""One client that is measured: `worker.py PACKAGE sync|asyncio URL`; commands come on stdin, results go to stdout.

Each line `COUNT` has it send COUNT messages of 32 bytes, 16 of them in flight, to a server that echoes; the result is a
line with the seconds of wall clock and of processor time that this took. The text is the same for every package.
"""

import asyncio
import importlib
import itertools
import logging
import resource
import sys
import threading
import time

MESSAGE = 'm' * 32
IN_FLIGHT = 16

logging.basicConfig(level=logging.WARNING)


def processor_time():
    """Seconds that this process and its threads have spent, in user and kernel mode."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Slice:
    """The messages between two looks at the clocks. Handlers may overlap, so counting is atomic."""

    def __init__(self, count):
        self.count = count
        self._sent = itertools.count(IN_FLIGHT + 1)
        self._received = itertools.count(1)
        self._begin = time.perf_counter(), processor_time()

    def sends_another(self):
        """Whether a message that has come back is followed by another one."""
        return next(self._sent) <= self.count

    def is_complete(self):
        """Counts a message that has come back; whether it was the last one."""
        return next(self._received) == self.count

    def report(self):
        """Prints what it took."""
        wall, processor = time.perf_counter() - self._begin[0], processor_time() - self._begin[1]
        print(wall, processor, flush=True)


def check(data):
    """An answer that is wrong ends the run."""
    if data != MESSAGE:
        raise SystemExit(f'{data!r} is no answer')


def run_sync(package, url):
    client, done, current = package.Client(), threading.Event(), None

    @client.on('message')
    def message(data):
        check(data)
        if current.sends_another():
            client.send(MESSAGE)
        if current.is_complete():
            done.set()

    client.connect(url, transports=['websocket'])
    for line in sys.stdin:
        current = Slice(int(line))
        for _ in range(IN_FLIGHT):
            client.send(MESSAGE)
        done.wait()
        done.clear()
        current.report()
    client.disconnect()


async def run_asyncio(package, url):
    client, done, current = package.AsyncClient(), asyncio.Event(), None

    @client.on('message')
    async def message(data):
        check(data)
        if current.sends_another():
            await client.send(MESSAGE)
        if current.is_complete():
            done.set()

    await client.connect(url, transports=['websocket'])
    while line := await asyncio.to_thread(sys.stdin.readline):
        current = Slice(int(line))
        for _ in range(IN_FLIGHT):
            await client.send(MESSAGE)
        await done.wait()
        done.clear()
        current.report()
    await client.disconnect()


def main():
    package, style, url = importlib.import_module(sys.argv[1]), *sys.argv[2:]
    if style == 'sync':
        run_sync(package, url)
    else:
        asyncio.run(run_asyncio(package, url))


if __name__ == '__main__':
    main()
