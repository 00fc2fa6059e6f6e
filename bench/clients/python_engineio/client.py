"""The asyncio client of python-engineio. What it obeys and says is described in ../flight/src/lib.rs."""

import asyncio
import sys
import time

import engineio


# More than are ever in flight. They are prepared, so that it is not their making that is measured.
MESSAGES = [f'{number:.>32}' for number in range(1024)]


def message(number):
    return MESSAGES[number % len(MESSAGES)]


class Slice:
    """One slice of time, and the messages in flight."""

    def __init__(self, milliseconds, in_flight):
        self.begin = time.perf_counter_ns()
        self.end = self.begin + milliseconds * 1_000_000
        self.sent = in_flight
        self.came = 0
        self.done = asyncio.Event()

    def next(self, text):
        """Takes a message; returns what to send, if anything."""
        if text != message(self.came):
            sys.exit(f'message {self.came} came back as {text!r}')
        self.came += 1
        if time.perf_counter_ns() < self.end:
            self.sent += 1
            return message(self.sent - 1)
        if self.came == self.sent:
            self.done.set()
        return None


async def main(url, transport, in_flight):
    client = engineio.AsyncClient()
    current = None

    @client.on('message')
    async def on_message(text):
        answer = current.next(text)
        if answer is not None:
            await client.send(answer)

    await client.connect(url, transports=[transport])
    print('ready', flush=True)
    while line := sys.stdin.readline():
        current = Slice(int(line), in_flight)
        for number in range(in_flight):
            await client.send(message(number))
        await current.done.wait()
        print(current.came, time.perf_counter_ns() - current.begin, flush=True)
    await client.disconnect()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
