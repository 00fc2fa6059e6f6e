"""What becomes of messages: those that nobody takes, handlers that block, queues that are full, loops of other kinds."""

import asyncio
import json
import logging
import queue
import threading

import pytest
from client_faces import PATIENCE, TRANSPORTS, AsyncClientFace, SyncClientFace
from client_peers import running
from raw_server import OPEN, RawServer

from engineio_rs import AsyncClient, _delivery, _inbox

MANY = 3000


@pytest.fixture(scope='module')
def server():
    with running('rust') as server:
        yield server


def receive(client, count):
    """The next messages, as an application without a handler takes them."""
    return [client.call('receive', PATIENCE) for _ in range(count)]


def test_messages_without_a_handler_wait_and_none_is_lost(server, any_client, transports):
    client = any_client(handles_messages=False)
    client.connect(server.url, transports)
    client.call('send', f'burst {MANY}')
    assert receive(client, MANY) == [f'burst {number}' for number in range(MANY)]
    client.call('disconnect')
    with pytest.raises(EOFError):
        client.call('receive')


def test_a_message_that_comes_with_the_open_packet_is_received_on_each_connection(any_client):
    server = RawServer(open=None)

    def serve():
        while (request := server.requests.get()) is not None:
            if 'sid=' not in request.path:
                request.answer('0' + json.dumps(OPEN) + '\x1e4early')
            elif request.method == 'POST':
                request.answer('ok')

    threading.Thread(target=serve, daemon=True).start()
    client = any_client(handles_messages=False)
    client.client.on('connect', lambda: client.client.send('hello'))
    try:
        for _ in range(3):
            client.connect(server.url, ['polling'])
            assert client.call('receive', PATIENCE) == 'early'
            client.call('disconnect')
    finally:
        server.requests.put(None)
        server.close()


def test_nothing_to_receive_is_a_timeout(server, any_client):
    client = any_client(handles_messages=False)
    client.connect(server.url)
    with pytest.raises(TimeoutError):
        client.call('receive', 0.01)


def test_a_client_that_wants_no_messages_lives_and_says_so(server, any_client, transports, monkeypatch):
    monkeypatch.setattr(_inbox, 'PATIENCE', 0.05)
    logger, lines = logging.Logger('engineio.client'), queue.Queue()
    logger.addHandler(logging.NullHandler())
    logger.addFilter(lambda record: lines.put(record.getMessage()) or True)
    client = any_client(handles_messages=False, logger=logger)
    client.connect(server.url, transports)
    client.call('send', f'burst {MANY}')
    while 'discarded' not in lines.get(timeout=PATIENCE):
        pass
    client.call('send', 'alive')
    while client.call('receive', PATIENCE) != 'alive':
        pass


def test_leaving_while_messages_wait_ends_at_once(server, any_client, transports):
    client = any_client(handles_messages=False)
    client.connect(server.url, transports)
    client.call('send', f'burst {MANY}')
    assert receive(client, 1) == ['burst 0']
    client.call('disconnect')
    assert client.event() == 'connect'
    assert client.event()[0] == client.reason.CLIENT_DISCONNECT


def test_iteration_ends_with_the_connection(server):
    face = SyncClientFace(handles_messages=False)
    with face.client as client:
        client.connect(server.url)
        client.send('burst 10')
        client.send('close')
        assert list(client) == [f'burst {number}' for number in range(10)]


def test_iteration_ends_with_the_connection_in_asyncio(server):
    async def converse():
        async with AsyncClient() as client:
            await client.connect(server.url)
            await client.send('burst 10')
            await client.send('close')
            return [message async for message in client]

    assert asyncio.run(converse()) == [f'burst {number}' for number in range(10)]


def test_a_handler_can_wait_for_a_later_message(server):
    face, came, order = SyncClientFace(handles_messages=False), threading.Event(), queue.Queue()

    @face.client.on('message')
    def message(data):
        if data == 'wait':
            assert came.wait(PATIENCE)
        else:
            came.set()
        order.put(data)

    face.connect(server.url)
    face.send_all(['wait', 'come'])
    assert {order.get(timeout=PATIENCE), order.get(timeout=PATIENCE)} == {'wait', 'come'}
    face.close()


def test_what_ends_a_handler_does_not_end_the_delivery(server):
    face, ends = SyncClientFace(handles_messages=False), queue.Queue()

    @face.client.on('message')
    def message(data):
        if data == 'exit':
            raise SystemExit(1)
        face.messages.put(data)

    @face.client.on('disconnect')
    def disconnect(reason):
        ends.put(reason)
        raise SystemExit(1)

    for _ in range(2):
        face.connect(server.url)
        face.send_all(['exit', 'go on'])
        assert face.received() == ['go on']
        face.call('send', 'close')
        assert ends.get(timeout=PATIENCE)
        face.client.wait()
        assert face.client.state == 'disconnected'


def test_handlers_that_block_are_bounded_and_begin_in_order(server, monkeypatch):
    monkeypatch.setattr(_delivery, 'MAX_THREADS', 4)
    face, go_on = SyncClientFace(handles_messages=False), threading.Event()
    begun, done = queue.Queue(), queue.Queue()

    @face.client.on('message')
    def message(data):
        begun.put(data)
        assert go_on.wait(PATIENCE)
        done.put(data)

    face.connect(server.url)
    face.call('send', 'burst 100')
    blocked = [begun.get(timeout=PATIENCE) for _ in range(4)]
    assert blocked == [f'burst {number}' for number in range(4)]
    handlers = [thread for thread in threading.enumerate() if thread.name == 'engineio-client']
    assert len(handlers) <= 5
    go_on.set()
    assert {done.get(timeout=PATIENCE) for _ in range(100)} == {f'burst {number}' for number in range(100)}
    face.close()


def test_a_handler_that_has_not_begun_is_not_overtaken(server):
    face = SyncClientFace()
    face.connect(server.url, ['websocket'])
    for _ in range(20):
        face.call('send', 'burst 2')
        # This thread keeps the interpreter meanwhile, and longer than a handler may block.
        sum(range(4_000_000))
        assert face.received(2) == ['burst 0', 'burst 1']
    face.close()


def test_a_handler_that_waits_for_room_is_not_overtaken(server):
    face, order = SyncClientFace(handles_messages=False), []
    large, done = 'x' * 900_000, threading.Event()

    @face.client.on('message')
    def message(data):
        if data.startswith('burst'):
            order.append(data)
            face.client.send(large)
        elif len(order) == 40:
            done.set()

    face.connect(server.url, ['websocket'])
    face.call('send', 'burst 40')
    assert done.wait(PATIENCE)
    assert order == [f'burst {number}' for number in range(40)]
    face.close()


def test_sending_waits_while_the_queue_is_full(any_client):
    server = RawServer()
    client, sent = any_client(), queue.Queue()
    client.connect(server.url, ['polling'])
    client.call('send', 'first')
    post = server.request('POST')

    def send():
        client.send_all(['x' * 500_000] * 12)
        sent.put('sent')

    thread = threading.Thread(target=send)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive(), 'the queue holds 4 MiB'
    for _ in range(12):
        post.answer()
        post = server.request('POST')
    post.answer()
    assert sent.get(timeout=PATIENCE) == 'sent'
    server.request('GET').answer('1')
    server.close()


def test_flush_waits_for_the_answer_to_the_post(any_client):
    server = RawServer()
    client = any_client()
    client.connect(server.url, ['polling'])
    client.call('send', 'message')
    assert client.call('flush', timeout=0.01) is False
    flushed = queue.Queue()
    thread = threading.Thread(target=lambda: flushed.put(client.call('flush')))
    thread.start()
    server.request('POST').answer()
    assert flushed.get(timeout=PATIENCE) is True
    client.call('send', 'another')
    thread = threading.Thread(target=lambda: flushed.put(client.call('flush')))
    thread.start()
    server.request('POST')
    server.request('GET').answer('1')
    assert flushed.get(timeout=PATIENCE) is False
    server.close()


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """An event loop that watches sockets of its own only, as that of Windows does."""

    def add_reader(self, *args):
        raise NotImplementedError

    def remove_reader(self, *args):
        raise NotImplementedError


@pytest.mark.parametrize('transports', TRANSPORTS.values(), ids=TRANSPORTS)
def test_a_loop_that_watches_no_descriptors(server, transports):
    face = AsyncClientFace(loop=LoopWithoutReaders())
    for _ in range(2):
        face.connect(server.url, transports)
        numbers = [f'no. {number}' for number in range(300)]
        assert face.echo(*numbers) == numbers
        assert face.call('flush', timeout=PATIENCE) is True
        face.call('disconnect')
    face.close()
