"""python-socketio's clients on our package, against npm socket.io. The package is in place of python-engineio."""

import asyncio
import os
import pathlib
import queue
import subprocess

import aiohttp
import engineio_rs
import pytest
import requests

engineio_rs.install_as_engineio()

import socketio  # noqa: E402

PATIENCE = 60
SERVER = pathlib.Path(__file__).resolve().parents[1] / 'servers' / 'socketio.js'
TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}
WORDS = ['text', {'a': [1, None]}, b'\x00binary', 'x' * 200_000]


class Server:
    """The server, which can be started again where it was."""

    def __init__(self, bind='127.0.0.1:0'):
        command = ['node', SERVER, '--bind', bind]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=SERVER.parent)
        self.url = self._process.stdout.readline().split()[-1]

    def kill(self):
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


@pytest.fixture(scope='module')
def url():
    server = Server()
    yield server.url
    server.kill()


@pytest.fixture(params=TRANSPORTS)
def transports(request):
    return TRANSPORTS[request.param]


@pytest.fixture(params=['native', 'session'])
def sessions(request):
    """Options for a client without asyncio, and a function that makes those of one with it."""
    if request.param == 'native':
        return {}, lambda: {}
    return {'http_session': requests.Session()}, lambda: {'http_session': aiohttp.ClientSession}


def settled(transports):
    return (transports or ['websocket'])[0]


def test_the_package_is_ours():
    assert socketio.Client().eio.__class__ is engineio_rs.Client
    assert socketio.AsyncClient().eio.__class__ is engineio_rs.AsyncClient


def test_simple_client(url, transports, sessions):
    with socketio.SimpleClient(**sessions[0]) as client:
        client.connect(url, transports=transports)
        assert client.transport == settled(transports)
        client.emit('echo', tuple(WORDS))
        assert client.receive(timeout=PATIENCE) == ['echo', *WORDS]
        assert client.call('echo', 'acknowledged', timeout=PATIENCE) == 'acknowledged'
        assert client.receive(timeout=PATIENCE) == ['echo', 'acknowledged']
        client.emit('burst', 500)
        assert [client.receive(timeout=PATIENCE) for _ in range(500)] == [['item', number] for number in range(500)]


def test_client(url, transports, sessions):
    client, echoes, ends = socketio.Client(reconnection=False, **sessions[0]), queue.Queue(), queue.Queue()
    client.on('echo', lambda *words: echoes.put(list(words)))
    client.on('disconnect', ends.put)
    client.connect(url, transports=transports)
    assert client.transport() == settled(transports)
    client.emit('echo', tuple(WORDS))
    assert echoes.get(timeout=PATIENCE) == WORDS
    # A call from within a handler: its acknowledgement comes while the handler runs.
    answers = queue.Queue()
    client.on('item', lambda number: answers.put(client.call('echo', number, timeout=PATIENCE)))
    client.emit('burst', 3)
    assert sorted(answers.get(timeout=PATIENCE) for _ in range(3)) == [0, 1, 2]
    client.emit('leave')
    assert ends.get(timeout=PATIENCE) == client.reason.SERVER_DISCONNECT
    client.wait()


def test_client_in_a_namespace_with_authentication(url, transports):
    client = socketio.Client(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(url, transports=transports, namespaces=['/private'], auth={'token': 'wrong'})
    client.connect(url, transports=transports, namespaces=['/private'], auth={'token': 'secret'})
    assert client.call('echo', 'inside', namespace='/private', timeout=PATIENCE) == 'inside'
    client.disconnect()


def test_client_connects_again(transports):
    server = Server()
    client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
    connects = queue.Queue()
    client.on('connect', lambda: connects.put(client.sid))
    client.connect(server.url, transports=transports)
    first = connects.get(timeout=PATIENCE)
    server.kill()
    server = Server(server.url.removeprefix('http://'))
    try:
        assert connects.get(timeout=PATIENCE) != first
        assert client.call('echo', 'again', timeout=PATIENCE) == 'again'
        client.disconnect()
    finally:
        server.kill()


def test_async_client(url, transports, sessions):
    async def converse():
        client, echoes, ends = socketio.AsyncClient(reconnection=False, **sessions[1]()), asyncio.Queue(), asyncio.Queue()
        client.on('echo', lambda *words: echoes.put_nowait(list(words)))
        client.on('disconnect', ends.put_nowait)
        await client.connect(url, transports=transports)
        assert client.transport() == settled(transports)
        await client.emit('echo', tuple(WORDS))
        assert await asyncio.wait_for(echoes.get(), PATIENCE) == WORDS
        assert await client.call('echo', 'acknowledged', timeout=PATIENCE) == 'acknowledged'
        await client.emit('leave')
        assert await asyncio.wait_for(ends.get(), PATIENCE) == client.reason.SERVER_DISCONNECT
        await client.wait()

    asyncio.run(converse())


def test_async_simple_client(url, transports, sessions):
    async def converse():
        async with socketio.AsyncSimpleClient(**sessions[1]()) as client:
            await client.connect(url, transports=transports)
            await client.emit('burst', 300)
            items = [await client.receive(timeout=PATIENCE) for _ in range(300)]
            assert items == [['item', number] for number in range(300)]

    asyncio.run(converse())


@pytest.mark.parametrize('kind', ['native', 'session'])
@pytest.mark.parametrize('library', ['gevent', 'eventlet'])
def test_client_in_greenlets(url, transports, library, kind):
    program = pathlib.Path(__file__).with_name('green_client.py')
    command = [os.environ['GREEN_PYTHON'], program, library, kind, url, *(transports or ['polling', 'websocket'])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 2)
    assert 'fine' in done.stdout, done.stderr
