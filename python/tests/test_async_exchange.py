"""Messages over WebSocket on asyncio, from an ASGI server's receive to its send."""

import asyncio
import contextvars
import logging
import threading
from contextlib import asynccontextmanager
from unittest import mock

import pytest
from engineio_rs import ASGIApp, AsyncServer, base_socket
from engineio_rs.async_socket import AsyncSocket
from engineio_rs.flows import arun
from faces import PATIENCE

SCOPE = {
    'type': 'websocket',
    'path': '/engine.io/',
    'query_string': b'EIO=4&transport=websocket',
    'headers': [
        (b'host', b'localhost'),
        (b'connection', b'Upgrade'),
        (b'upgrade', b'websocket'),
        (b'sec-websocket-version', b'13'),
        (b'sec-websocket-key', b'dGhlIHNhbXBsZSBub25jZQ=='),
    ],
}


class Client:
    """A client's WebSocket, as the ASGI server has it."""

    def __init__(self, server):
        self.server = server
        self.incoming = asyncio.Queue()
        self.outgoing = asyncio.Queue()
        #: Whether the client reads.
        self.reads = asyncio.Event()
        self.reads.set()
        self.incoming.put_nowait({'type': 'websocket.connect'})
        self.task = asyncio.ensure_future(ASGIApp(server)(SCOPE, self.incoming.get, self._take))

    async def _take(self, event):
        await self.reads.wait() if not self.reads.is_set() else None
        self.outgoing.put_nowait(event)
        if event['type'] == 'websocket.close':
            self.leave()

    def send(self, *messages):
        for message in messages:
            kind = 'text' if isinstance(message, str) else 'bytes'
            self.incoming.put_nowait({'type': 'websocket.receive', kind: message})

    async def get(self):
        event = await asyncio.wait_for(self.outgoing.get(), PATIENCE)
        return event.get('code') if event['type'] == 'websocket.close' else event.get('text') or event.get('bytes')

    def leave(self):
        self.incoming.put_nowait({'type': 'websocket.disconnect', 'code': 1000})

    @property
    def sid(self):
        return next(iter(self.server.sockets))

    @property
    def socket(self):
        return self.server.sockets[self.sid]


@asynccontextmanager
async def connected(server):
    client = Client(server)
    assert await asyncio.wait_for(client.outgoing.get(), PATIENCE) == {'type': 'websocket.accept'}
    assert (await client.get()).startswith('0{')
    try:
        yield client
    finally:
        client.reads.set()
        client.leave()
        await asyncio.wait_for(asyncio.gather(client.task, return_exceptions=True), PATIENCE)
        await server.shutdown()


async def until(condition):
    """Lets the other tasks run until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)


def server_of(handler=None, **options):
    server = AsyncServer(async_mode='asgi', **options)
    server.on('message', handler or (lambda sid, data: server.send(sid, data)))
    return server


@pytest.fixture(params=[True, False], ids=['overlapping', 'in order'])
def async_handlers(request):
    return request.param


def test_a_shutdown_delivers_what_is_on_its_way(async_handlers, monkeypatch):
    # The client is the one that closes, however long that takes.
    monkeypatch.setattr(base_socket, 'LEAVE', PATIENCE)

    async def main():
        handled = []
        server = server_of(lambda sid, data: handled.append(data), async_handlers=async_handlers)
        server.on('disconnect', lambda sid, reason: handled.append(reason))
        async with connected(server) as client:
            ended = asyncio.ensure_future(server.shutdown(PATIENCE))
            assert await client.get() == '1'
            client.send('4late')
            await until(lambda: handled == ['late'])
            assert not ended.done()
            client.leave()
            await asyncio.wait_for(ended, PATIENCE)
            assert handled == ['late', 'server disconnect']

    asyncio.run(main())


def test_a_shutdown_closes_what_does_not_close_by_itself():
    async def main():
        server = server_of()
        async with connected(server) as client:
            ended = asyncio.ensure_future(server.shutdown(PATIENCE))
            assert [await client.get(), await client.get()] == ['1', 1001]
            await asyncio.wait_for(ended, PATIENCE)
            assert not server.sockets

    asyncio.run(main())


def test_messages_come_back_in_order_without_a_task_for_each(async_handlers, monkeypatch):
    monkeypatch.setattr('engineio_rs._turns.SECONDS', PATIENCE)

    async def main():
        tasks = []

        async def echo(sid, data):
            tasks.append(len(asyncio.all_tasks()))
            await server.send(sid, data)

        server = server_of(echo, async_handlers=async_handlers)
        async with connected(server) as client:
            client.send(*(f'4{number}' for number in range(50)))
            assert [await client.get() for _ in range(50)] == [f'4{number}' for number in range(50)]
        assert len(set(tasks)) == 1

    asyncio.run(main())


@pytest.mark.parametrize('sent, handled', [('4{"a":1}', {'a': 1}), ('4null', None), ('4[', '['), ('412', '12'), (b'\x00', b'\x00')])
def test_handlers_get_what_texts_stand_for(async_handlers, sent, handled):
    async def main():
        got = []
        async with connected(server_of(lambda sid, data: got.append(data), async_handlers=async_handlers)) as client:
            client.send(sent, '4end')
            await until(lambda: 'end' in got)
        assert got == [handled, 'end']

    asyncio.run(main())


def test_handlers_in_order_wait_for_each_other_while_what_they_have_sent_leaves():
    async def main():
        go = asyncio.Event()

        async def handler(sid, data):
            await server.send(sid, data + ' begins')
            await go.wait()
            await server.send(sid, data + ' ends')

        server = server_of(handler, async_handlers=False)
        async with connected(server) as client:
            client.send('4a', '4b')
            assert await client.get() == '4a begins'
            await server.send(client.sid, 'from elsewhere')
            assert await client.get() == '4from elsewhere'
            go.set()
            assert [await client.get() for _ in range(3)] == ['4a ends', '4b begins', '4b ends']

    asyncio.run(main())


def test_overlapping_handlers_have_tasks_and_contexts_of_their_own():
    async def main():
        go, variable, tasks = asyncio.Event(), contextvars.ContextVar('variable', default=None), set()

        async def handler(sid, data):
            assert variable.get() is None
            variable.set(data)
            if data == 'waits':
                await go.wait()
            tasks.add(asyncio.current_task())
            assert variable.get() == data
            await server.send(sid, data)

        server = server_of(handler)
        async with connected(server) as client:
            client.send('4waits', '4overtakes')
            assert await client.get() == '4overtakes'
            go.set()
            assert await client.get() == '4waits'
        assert len(tasks) == 2

    asyncio.run(main())


def test_a_handler_that_is_cancelled_takes_nobody_along(async_handlers):
    async def main():
        async def handler(sid, data):
            if data == 'cancelled':
                future = asyncio.get_running_loop().create_future()
                future.cancel()
                await future
            elif data == 'late':
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.001)
            await server.send(sid, data)

        server = server_of(handler, async_handlers=async_handlers)
        async with connected(server) as client:
            # In order, such a handler ends its connection as it does in python-engineio.
            client.send(*(['4cancelled'] if async_handlers else []), '4late')
            assert await client.get() == '4late'
            client.send('4more')
            assert await client.get() == '4more'

    asyncio.run(main())


def test_reading_goes_on_while_a_client_does_not_read(async_handlers):
    async def main():
        handled = []

        async def handler(sid, data):
            handled.append(data)
            await server.send(sid, data)

        server = server_of(handler, async_handlers=async_handlers)
        async with connected(server) as client:
            for _ in range(2):
                client.reads.clear()
                client.send(*(f'4{number}' for number in range(20)))
                await until(lambda: len(handled) >= 20)
                client.reads.set()
                assert [await client.get() for _ in range(20)] == [f'4{number}' for number in range(20)]
                handled.clear()

    asyncio.run(main())


def test_other_tasks_and_threads_send(async_handlers):
    async def main():
        server = server_of(async_handlers=async_handlers)
        async with connected(server) as client:
            await server.send(client.sid, 'task')
            assert await client.get() == '4task'
            loop, sid = asyncio.get_running_loop(), client.sid
            threading.Thread(target=lambda: asyncio.run(server.send(sid, b'other loop'))).start()
            assert await client.get() == b'other loop'
            threading.Thread(target=asyncio.run_coroutine_threadsafe, args=(server.send(sid, {'a': 1}), loop)).start()
            assert await client.get() == '4{"a":1}'

    asyncio.run(main())


def test_a_broadcast_leaves_at_once(async_handlers):
    async def main():
        server = server_of(async_handlers=async_handlers)
        async with connected(server) as first, connected(server) as second:
            assert await server.broadcast({'a': 1}) == await server.send_many([first.sid], b'one') == []
            assert [await first.get(), await first.get(), await second.get()] == ['4{"a":1}', b'one', '4{"a":1}']

    asyncio.run(main())


def test_no_more_handlers_run_than_the_limit_and_reading_resumes():
    async def main():
        go, begun = asyncio.Event(), []

        async def handler(sid, data):
            begun.append(data)
            await go.wait()

        server = server_of(handler)
        async with connected(server) as client:
            client.send(*(f'4{number}' for number in range(300)))
            await until(lambda: len(begun) >= 256)
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(begun) == 256
            assert client.incoming.qsize() == 44
            go.set()
            await until(lambda: len(begun) >= 300)

    asyncio.run(main())


@pytest.mark.parametrize('frame, code', [('9', 1008), ('', 1008), ('4' + 'x' * 100, 1009), (b'x' * 101, 1009)])
def test_what_is_no_packet_closes_the_connection(async_handlers, frame, code):
    async def main():
        ended = []
        server = server_of(async_handlers=async_handlers, max_http_buffer_size=100)
        server.on('disconnect', lambda sid, reason: ended.append(reason))
        async with connected(server) as client:
            client.send('4last', frame, '4late')
            assert [await client.get(), await client.get()] == ['4last', code]
            await asyncio.wait_for(client.task, PATIENCE)
        assert ended == ['transport error']
        assert server.sockets == {}

    asyncio.run(main())


def test_a_handler_disconnects_its_client(async_handlers):
    async def main():
        ended = []

        async def handler(sid, data):
            await server.send(sid, 'goodbye')
            await server.disconnect(sid)
            ended.append('handled')

        server = server_of(handler, async_handlers=async_handlers)
        server.on('disconnect', lambda sid, reason: ended.append(reason))
        async with connected(server) as client:
            client.send('4x')
            assert [await client.get() for _ in range(3)] == ['4goodbye', '1', 1000]
        assert sorted(ended) == ['handled', 'server disconnect']

    asyncio.run(main())


@pytest.mark.parametrize('packet, reason', [('1', 'client disconnect'), (None, 'transport close')])
def test_the_end_is_told_once_and_last(async_handlers, packet, reason):
    async def main():
        told = []
        server = server_of(lambda sid, data: told.append(data), async_handlers=async_handlers)
        server.on('disconnect', lambda sid, reason: told.append(reason))
        async with connected(server) as client:
            client.send('4a')
            client.send(packet) if packet else client.leave()
            await asyncio.wait_for(client.task, PATIENCE)
        assert told == ['a', reason]

    asyncio.run(main())


def test_a_web_server_that_cancels_a_connection_ends_it(async_handlers):
    async def main():
        told = []
        server = server_of(async_handlers=async_handlers)
        server.on('disconnect', lambda sid, reason: told.append(reason))
        async with connected(server) as client:
            client.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(client.task, PATIENCE)
            await until(lambda: told)
        assert told == ['transport close']

    asyncio.run(main())


def test_pings_leave_and_pongs_are_taken(async_handlers):
    async def main():
        server = server_of(async_handlers=async_handlers, ping_interval=0.01, ping_timeout=PATIENCE)
        async with connected(server) as client:
            for _ in range(3):
                assert await client.get() == '2'
                client.send('3')

    asyncio.run(main())


@pytest.mark.parametrize('name', ['send', 'receive', 'poll', 'schedule_ping'])
def test_a_replaced_method_is_called(name, async_handlers):
    async def main():
        server = server_of(async_handlers=async_handlers)
        with mock.patch.object(AsyncSocket, name, autospec=True, side_effect=getattr(AsyncSocket, name)) as replaced:
            async with connected(server) as client:
                before = replaced.call_count
                client.send('4a', '3')
                assert await client.get() == '4a'
                await until(lambda: replaced.call_count > before)

    asyncio.run(main())


def test_packets_are_logged_as_in_python_engineio(async_handlers, caplog):
    async def main():
        logger = logging.getLogger('test')
        server = server_of(async_handlers=async_handlers, logger=logger)
        with caplog.at_level(logging.INFO, 'test'):
            async with connected(server) as client:
                sid = client.sid
                client.send('4a')
                await client.get()
        assert f'{sid[:6]}…: Received packet MESSAGE data a' in caplog.messages
        assert f'{sid[:6]}…: Sending packet MESSAGE data a' in caplog.messages

    asyncio.run(main())


class Turns:
    """Counts the turns of the event loop, and the most messages between two of them."""

    def __init__(self):
        self.messages = self.most = 0
        self.task = asyncio.ensure_future(self._count())

    async def _count(self):
        while True:
            self.most = max(self.most, self.messages)
            self.messages = 0
            await asyncio.sleep(0)


def test_others_have_their_turn_whatever_a_websocket_brings(async_handlers, monkeypatch):
    # However busy the machine is, it is the number that counts here.
    monkeypatch.setattr('engineio_rs._turns.SECONDS', PATIENCE)

    async def main():
        turns, handled = Turns(), 0

        async def count(sid, data):
            nonlocal handled
            turns.messages += 1
            handled += 1

        async with connected(server_of(count, async_handlers=async_handlers)) as client:
            client.send(*['4'] * 10_000)
            await until(lambda: handled == 10_000)
        assert turns.most == 64

    asyncio.run(main())


def test_others_have_their_turn_when_the_work_takes_long(async_handlers, monkeypatch):
    monkeypatch.setattr('engineio_rs._turns.SECONDS', 0.0)

    async def main():
        turns, handled = Turns(), 0

        async def count(sid, data):
            nonlocal handled
            turns.messages += 1
            handled += 1

        async with connected(server_of(count, async_handlers=async_handlers)) as client:
            client.send(*['4'] * 100)
            await until(lambda: handled == 100)
        assert turns.most == 1

    asyncio.run(main())


@pytest.mark.parametrize('frame', ['3', '6', '2'])
def test_others_have_their_turn_whatever_else_a_websocket_brings(monkeypatch, frame):
    monkeypatch.setattr('engineio_rs._turns.SECONDS', PATIENCE)

    async def main():
        received = 0
        server = server_of()
        async with connected(server) as client:
            turns = Turns()
            feed = client.socket._exchange._feed

            def count(data, in_order):
                nonlocal received
                turns.messages += 1
                received += 1
                return feed(data, in_order)

            monkeypatch.setattr(client.socket._exchange, '_feed', count)
            # The reader that waits has looked the method up already.
            client.socket._exchange._start_reader()
            client.send('3', *[frame] * 1000)
            await until(lambda: received >= 1000)
            assert turns.most <= 64

    asyncio.run(main())


@pytest.mark.parametrize('logs', [False, True], ids=['quiet', 'logging'])
def test_others_have_their_turn_whatever_a_post_brings(async_handlers, monkeypatch, logs):
    monkeypatch.setattr('engineio_rs._turns.SECONDS', PATIENCE)

    async def main():
        turns, handled = Turns(), 0

        async def count(sid, data):
            nonlocal handled
            turns.messages += 1
            handled += 1

        server = server_of(count, async_handlers=async_handlers)
        server.logger.setLevel(logging.INFO if logs else logging.ERROR)
        socket = AsyncSocket(server, 'a' * 20)
        socket.connected = True
        server.sockets[socket.sid] = socket
        assert socket._session.open_post(None) is None
        posted = asyncio.ensure_future(arun(posting(socket, b'\x1e'.join([b'4'] * 10_000))))
        await until(lambda: handled == 10_000)
        await posted
        assert 0 < turns.most <= 64

    asyncio.run(main())


def posting(socket, body):
    """What the request of a POST does with its body."""
    if socket.server.logger.isEnabledFor(logging.INFO):
        yield from socket._receive_each(body)
    else:
        socket._accept(body)
        yield from socket._deliver()
