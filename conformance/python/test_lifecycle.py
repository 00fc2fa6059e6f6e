"""python-engineio's clients: how sessions begin and end, and the reason each side is told."""

import signal

import pytest
from engineio.exceptions import ConnectionError

SHORT_HEARTBEAT = {'ping_interval': '500ms', 'ping_timeout': '1s'}


def test_server_closes(connected):
    _, peer = connected(mode='commands')
    peer.send('before', 'close')
    assert peer.receive() == 'before'
    assert peer.reason() == 'server disconnect'


def test_client_disconnects(connected):
    server, peer = connected()
    sid = peer.sid
    assert server.knows(sid)
    peer.disconnect()
    assert peer.reason() == 'client disconnect'
    server.wait_until_unknown(sid)


def test_server_drains(connected):
    server, peer = connected()
    server.signal(signal.SIGTERM)
    assert peer.reason() == 'server disconnect'
    assert server.exit_code() == 0


def test_server_dies(connected):
    server, peer = connected()
    server.signal(signal.SIGKILL)
    assert peer.reason() == 'transport error'


@pytest.mark.parametrize('transports', [['websocket'], ['polling', 'websocket']], ids=['websocket', 'upgraded'])
def test_server_stands_still(serve, new_peer, transports):
    server = serve(**SHORT_HEARTBEAT)
    peer = new_peer()
    peer.connect(server.origin, transports=transports)
    server.signal(signal.SIGSTOP)
    assert peer.reason() == 'transport error'


def test_heartbeat(connected):
    _, peer = connected(ping_interval='100ms', ping_timeout='20s')
    peer.pings.wait(60)
    peer.send('still here')
    assert peer.receive() == 'still here'


def test_reconnect(connected, transports):
    # The sync client may fail to post its close packet and then waits for the next ping.
    server, peer = connected(ping_interval='500ms')
    first = peer.sid
    peer.disconnect()
    peer.connect(server.origin, transports=transports)
    assert peer.sid != first
    peer.send('again')
    assert peer.receive() == 'again'


def test_rejected_on_polling(serve, new_peer):
    server = serve(mode='commands')
    with pytest.raises(ConnectionError) as caught:
        new_peer().connect(f'{server.origin}/?reject=418')
    assert caught.value.args == (
        'Unexpected status code 418 in server response',
        {'code': 4, 'message': 'rejected'},
    )


def test_rejected_on_websocket(serve, new_peer):
    server = serve(mode='commands')
    with pytest.raises(ConnectionError):
        new_peer().connect(f'{server.origin}/?reject=418', transports=['websocket'])


def test_no_upgrades(serve, new_peer):
    server = serve(no_upgrades=True)
    peer = new_peer()
    peer.connect(server.origin)
    assert peer.client.upgrades == []
    assert peer.transport == 'polling'
    peer.send('hello')
    assert peer.receive() == 'hello'


def test_polling_not_offered(serve, new_peer):
    server = serve(transports='websocket')
    with pytest.raises(ConnectionError):
        new_peer().connect(server.origin, transports=['polling'])
    peer = new_peer()
    peer.connect(server.origin, transports=['websocket'])
    peer.send('hello')
    assert peer.receive() == 'hello'


def test_websocket_not_offered(serve, new_peer):
    server = serve(transports='polling')
    with pytest.raises(ConnectionError):
        new_peer().connect(server.origin, transports=['websocket'])
    peer = new_peer()
    peer.connect(server.origin)
    assert peer.transport == 'polling'


def test_foreign_origin(serve, new_peer, transports):
    server = serve(cors='http://app.example')
    with pytest.raises(ConnectionError):
        new_peer().connect(server.origin, transports=transports, headers={'Origin': 'http://evil.example'})


def test_listed_origin_while_polling(serve, new_peer):
    server = serve(cors='http://app.example')
    peer = new_peer()
    peer.connect(server.origin, transports=['polling'], headers={'Origin': 'http://app.example'})
    peer.send('hello')
    assert peer.receive() == 'hello'
