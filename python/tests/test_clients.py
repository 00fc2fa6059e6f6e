"""Both clients, over their own sockets and over libraries, against `engineio serve`."""

import asyncio
import queue

import aiohttp
import pytest
import requests
from client_peers import running

import engineio_rs

TRANSPORTS = [['polling'], ['websocket'], None]
MESSAGES = ['text', b'\x00binary', {'a': [1, 2.5, None]}, 'x' * 200_000, *(f'no. {number}' for number in range(200))]
PATIENCE = 20


@pytest.fixture(scope='module')
def url():
    with running('rust') as server:
        yield server.url


@pytest.mark.parametrize('transports', TRANSPORTS)
@pytest.mark.parametrize('session', [None, requests.Session], ids=['native', 'requests'])
def test_a_client_for_threads(url, session, transports):
    client = engineio_rs.Client(http_session=session and session())
    received, ends = queue.Queue(), queue.Queue()
    client.on('message', received.put)
    client.on('disconnect', lambda reason: ends.put((reason, client.state)))
    client.connect(url, transports=transports)
    for message in MESSAGES:
        client.send(message)
    assert [received.get(timeout=PATIENCE) for _ in MESSAGES] == MESSAGES
    assert client.transport() == (transports or ['websocket'])[0]
    client.disconnect()
    assert ends.get(timeout=PATIENCE)[0] == engineio_rs.Client.reason.CLIENT_DISCONNECT
    assert client.state == 'disconnected'
    assert ends.empty()


@pytest.mark.parametrize('transports', TRANSPORTS)
@pytest.mark.parametrize('session', [None, aiohttp.ClientSession], ids=['native', 'aiohttp'])
def test_a_client_for_asyncio(url, session, transports):
    async def converse():
        client = engineio_rs.AsyncClient(http_session=session)
        received, ends = asyncio.Queue(), []
        client.on('message', received.put_nowait)
        client.on('disconnect', ends.append)
        await client.connect(url, transports=transports)
        for message in MESSAGES:
            await client.send(message)
        echoes = [await asyncio.wait_for(received.get(), PATIENCE) for _ in MESSAGES]
        transport = client.transport()
        await client.disconnect()
        return echoes, transport, client.state, ends

    echoes, transport, state, ends = asyncio.run(converse())
    # Handlers of asyncio clients may overlap, as the original's do: each message comes once.
    assert sorted(map(repr, echoes)) == sorted(map(repr, MESSAGES))
    assert transport == (transports or ['websocket'])[0]
    assert state == 'disconnected'
    assert ends == [engineio_rs.AsyncClient.reason.CLIENT_DISCONNECT]


@pytest.mark.parametrize('transport', ['polling', 'websocket'])
def test_nobody_there_is_a_connection_error(transport):
    client = engineio_rs.Client()
    with pytest.raises(engineio_rs.exceptions.ConnectionError):
        client.connect('http://127.0.0.1:1', transports=[transport])
    assert client.state == 'disconnected'
