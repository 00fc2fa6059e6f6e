"""Every host, as python-engineio's clients see it."""

import asyncio
import logging
import queue

import engineio
import pytest
from locked_tls import locked_context

PATIENCE = 60
TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}
MESSAGES = ['hello', 'äöü€😀', 'x' * 100_000, b'\x00\x01\xff', b'y' * 300_000, {'a': [1, None]}, 'last']
#: What the clients log stands with a failure.
OPTIONS = {'handle_sigint': False, 'ssl_verify': False, 'logger': logging.getLogger('client')}
logging.getLogger('client').setLevel(logging.INFO)


class InlineClient(engineio.Client):
    """The client with its handlers in the receiving thread, which keeps the order."""

    def _trigger_event(self, event, *args, **kwargs):
        return super()._trigger_event(event, *args, **{**kwargs, 'run_async': False})


@pytest.fixture(params=TRANSPORTS)
def transports(request):
    """What the client is told to use."""
    return TRANSPORTS[request.param]


def test_the_client_for_threads(process, name, transports):
    client = InlineClient(**OPTIONS, websocket_extra_options={'sslopt': {'context': locked_context()}})
    received = queue.Queue()
    client.on('message', received.put)
    client.connect(process.url, transports=transports)
    for message in MESSAGES:
        client.send(message)
    assert [received.get(timeout=PATIENCE) for _ in MESSAGES] == MESSAGES
    assert client.transport() == ('polling' if transports == ['polling'] else 'websocket')
    sid = client.sid
    if transports == ['polling']:
        # `disconnect()` of this client drops its close packet when it is just posting another one, a pong perhaps.
        client._send_packet(engineio.packet.Packet(engineio.packet.CLOSE))
        assert process.report('disconnect', sid=sid)['reason'] == 'client disconnect'
        client.disconnect()
    else:
        # It may close the WebSocket before its last packet has left.
        client.disconnect()
        assert process.report('disconnect', sid=sid)['reason'] in ('client disconnect', 'transport close')


def test_the_client_for_asyncio(process, name, transports):
    async def talk():
        client = engineio.AsyncClient(**OPTIONS)
        received, ended = asyncio.Queue(), asyncio.Event()
        client.on('message', received.put)
        # What it makes of the end depends on whether it was about to answer a ping.
        client.on('disconnect', lambda _: ended.set())
        await client.connect(process.url, transports=transports)
        for message in MESSAGES:
            await client.send(message)
        assert [await received.get() for _ in MESSAGES] == MESSAGES
        sid = client.sid
        await client.send('close')
        await ended.wait()
        return sid

    sid = asyncio.run(asyncio.wait_for(talk(), PATIENCE))
    assert process.report('disconnect', sid=sid)['reason'] == 'server disconnect'


def test_a_rejection(process, name):
    client = engineio.Client(**OPTIONS)
    with pytest.raises(engineio.exceptions.ConnectionError) as caught:
        client.connect(process.url + '?reject=1', transports=['polling'])
    assert caught.value.args[1] == {'why': 'because'}
