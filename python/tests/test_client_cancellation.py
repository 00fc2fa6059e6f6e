"""Whoever is cancelled in a call of an ``AsyncClient`` leaves nothing behind, and cancels nothing else."""

import asyncio
import os

import aiohttp
import pytest
from client_faces import TRANSPORTS
from client_peers import running
from raw_server import RawServer

import engineio_rs
from engineio_rs import _async_delivery, base_client

PATIENCE = 60


class CancelAt:
    """Awaits a coroutine, and has the task cancelled at one of the moments at which the coroutine waits."""

    def __init__(self, coroutine, step):
        self._coroutine = coroutine
        self._left = step
        self.cancelled = False

    def __await__(self):
        steps = self._coroutine.__await__()
        sent = None
        try:
            while True:
                awaited = steps.send(sent)
                if self._left == 0:
                    self.cancelled = True
                    asyncio.current_task().cancel()
                self._left -= 1
                try:
                    sent = yield awaited
                except BaseException as error:
                    awaited = steps.throw(error)
                    sent = yield awaited
        except StopIteration as end:
            return end.value


async def cancelled_at(step, coroutine):
    """Whether the coroutine waited that often, and was cancelled then."""
    steps = CancelAt(coroutine, step)
    task = asyncio.ensure_future(_awaited(steps))
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.done()
    assert task.cancelled() == steps.cancelled, task
    return steps.cancelled


async def _awaited(steps):
    return await steps


async def until(condition):
    """Waits until something is so."""
    limit = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < limit
        await asyncio.sleep(0.01)


@pytest.fixture(params=['native', 'portable'])
def kind(request):
    return request.param


@pytest.fixture(scope='module')
def echo():
    with running('rust') as server:
        yield server


def client_tasks():
    """The tasks that clients have started; those of the server are others."""
    codes = [getattr(task.get_coro(), 'cr_code', None) for task in asyncio.all_tasks()]
    files = {code.co_filename.rsplit('/', 1)[-1] for code in codes if code is not None}
    return files & {'async_client.py', '_async_delivery.py', '_aiohttp.py', 'flows.py'}


class Host:
    """A server in the same event loop, that knows its sessions; and clients, all of whose sockets are counted."""

    async def __aenter__(self):
        self.server = engineio_rs.AsyncServer(async_mode='aiohttp', cors_allowed_origins='*')
        self.server.on('message', self.server.send)
        app = aiohttp.web.Application()
        self.server.attach(app)
        self._runner = aiohttp.web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = aiohttp.web.TCPSite(self._runner, '127.0.0.1', 0)
        await site.start()
        self.url = f'http://127.0.0.1:{self._runner.addresses[0][1]}'
        return self

    async def __aexit__(self, *_):
        await self.server.shutdown()
        await self._runner.cleanup()

    def client(self, kind):
        session = {'http_session': aiohttp.ClientSession} if kind == 'portable' else {}
        return engineio_rs.AsyncClient(handle_sigint=False, **session)

    async def left(self, client):
        """Checks that nothing is left of a client's connection."""
        assert client.state == 'disconnected' and client not in base_client.connected_clients
        await until(lambda: not self.server.sockets)
        await until(lambda: not client_tasks())


@pytest.mark.parametrize('transports', TRANSPORTS.values(), ids=TRANSPORTS)
def test_connecting_can_be_cancelled_at_every_step(kind, transports):
    async def main():
        async with Host() as host:
            client, step = host.client(kind), 0

            @client.on('connect')
            async def connect():
                await asyncio.sleep(0)
                await client.send('in the handler')
                await asyncio.sleep(0.01)

            while await cancelled_at(step, client.connect(host.url, transports=transports)):
                await host.left(client)
                step += 1
            assert step > 2
            assert client.state == 'connected'
            await client.disconnect()
            await host.left(client)

    asyncio.run(main())


@pytest.mark.parametrize('transports', TRANSPORTS.values(), ids=TRANSPORTS)
def test_disconnecting_can_be_cancelled_at_every_step(kind, transports):
    async def main():
        async with Host() as host:
            client, step, more = host.client(kind), 0, True

            @client.on('disconnect')
            async def disconnect(reason):
                await asyncio.sleep(0)

            while more:
                await client.connect(host.url, transports=transports)
                more = await cancelled_at(step, client.disconnect())
                await host.left(client)
                step += 1
            assert step > 1

    asyncio.run(main())


@pytest.mark.parametrize('transports', TRANSPORTS.values(), ids=TRANSPORTS)
def test_a_wait_that_is_cancelled_cancels_nothing_else(kind, transports):
    async def main():
        async with Host() as host:
            client, messages, ends = host.client(kind), asyncio.Queue(), asyncio.Queue()
            client.on('message', messages.put_nowait)
            client.on('disconnect', ends.put_nowait)
            await client.connect(host.url, transports=transports)
            waits = [client.wait, client.receive, lambda: client.sleep(60)]
            for wait in waits:
                assert await cancelled_at(0, wait())
                await client.send('still there')
                assert await asyncio.wait_for(messages.get(), PATIENCE) == 'still there'
            assert await cancelled_at(0, client.flush()) in (True, False)
            waiting = [asyncio.ensure_future(client.wait()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await client.disconnect()
            await asyncio.wait_for(asyncio.gather(*waiting[1:]), PATIENCE)
            assert await ends.get() == client.reason.CLIENT_DISCONNECT

    asyncio.run(main())


def test_sending_that_is_cancelled_sends_nothing_and_the_rest_goes_on(kind):
    raw, posted = RawServer(), []

    def answer_posts(wanted):
        while len(posted) < wanted:
            post = raw.request('POST')
            posted.extend(packet[:10] for packet in post.body.decode().split('\x1e'))
            post.answer()

    async def main():
        session = {'http_session': aiohttp.ClientSession} if kind == 'portable' else {}
        client, sent = engineio_rs.AsyncClient(handle_sigint=False, **session), 0
        await client.connect(raw.url, transports=['polling'])
        # Nobody answers: the queue gets full, and sending waits.
        while not await cancelled_at(0, client.send(f'{sent:09}' + 'x' * 500_000)):
            sent += 1
            assert sent < 100
        sending = asyncio.ensure_future(client.send('last'))
        await asyncio.get_running_loop().run_in_executor(None, answer_posts, sent + 1)
        await sending
        raw.request('GET').answer('1')
        await client.wait()
        return sent

    sent = asyncio.run(main())
    assert posted == [*(f'4{number:09}' for number in range(sent)), '4last']
    raw.close()


def test_a_connection_whose_delivery_is_cancelled_ends(kind):
    async def main():
        async with Host() as host:
            client = host.client(kind)
            await client.connect(host.url)
            client.read_loop_task.cancel()
            await until(lambda: client.state == 'disconnected')
            await until(lambda: not host.server.sockets)

    asyncio.run(main())


def test_descriptors_are_back_where_they_were_after_many_connects_that_were_cancelled(kind):
    async def main():
        async with Host() as host:
            client = host.client(kind)
            await client.connect(host.url)
            await client.disconnect()
            await until(lambda: not host.server.sockets)
            before = len(os.listdir('/proc/self/fd'))
            for number in range(60):
                task = asyncio.ensure_future(client.connect(host.url))
                await asyncio.sleep(number / 4000)
                task.cancel()
                await asyncio.wait([task])
                await client.disconnect()
            await until(lambda: not host.server.sockets)
            await until(lambda: len(os.listdir('/proc/self/fd')) <= before + 2)

    asyncio.run(main())


@pytest.mark.parametrize('transports', [['polling'], ['websocket']], ids=['polling', 'websocket'])
def test_no_more_handlers_run_than_the_limit(echo, kind, monkeypatch, transports):
    monkeypatch.setattr(_async_delivery, 'MAX_HANDLERS', 8)

    async def main():
        session = {'http_session': aiohttp.ClientSession} if kind == 'portable' else {}
        client, go_on = engineio_rs.AsyncClient(handle_sigint=False, **session), asyncio.Event()
        begun, running, most = [], 0, 0

        @client.on('message')
        async def message(data):
            nonlocal running, most
            begun.append(data)
            running += 1
            most = max(most, running)
            await go_on.wait()
            running -= 1

        await client.connect(echo.url, transports=transports)
        await client.send('burst 2000')
        await until(lambda: running == 8)
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert running == 8
        go_on.set()
        await until(lambda: len(begun) == 2000 and not running)
        assert begun == [f'burst {number}' for number in range(2000)]
        assert most <= 8
        # With handlers that never end, one can still leave.
        go_on.clear()
        await client.send('burst 100')
        await until(lambda: running == 8)
        await client.disconnect()
        assert client.state == 'disconnected'

    asyncio.run(main())
