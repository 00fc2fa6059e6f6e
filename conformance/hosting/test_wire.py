"""Every host, byte by byte: what its socket carries before, while and after it is a WebSocket."""

import json
import socket

import pytest
from raw import HANDSHAKE, Connection

WSGI = ('threading', 'gevent', 'eventlet', 'gevent_uwsgi')


@pytest.fixture
def connect(process):
    """Connects to the host."""
    connections = []

    def connect_one():
        connections.append(Connection(process))
        return connections[-1]

    yield connect_one
    for connection in connections:
        connection.sock.close()


def test_the_environment_is_the_request_s(process, connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling&x=%20a%2B', {'Cookie': 'a=1; b=2', 'Connection': 'close'})
    code, _, body = connection.response()
    assert code == 200
    environ = process.report('connect', sid=json.loads(body[1:])['sid'])['environ']
    assert environ == {
        'REQUEST_METHOD': 'GET',
        'PATH_INFO': '/engine.io/',
        'QUERY_STRING': 'EIO=4&transport=polling&x=%20a%2B',
        'REMOTE_ADDR': '127.0.0.1',
        'REMOTE_PORT': environ['REMOTE_PORT'],
        'SERVER_PORT': str(process.port),
        'SERVER_PROTOCOL': environ['SERVER_PROTOCOL'],
        'SERVER_SOFTWARE': environ['SERVER_SOFTWARE'] if process.host.mode in WSGI else process.host.mode,
        'wsgi.url_scheme': 'https' if process.host.tls else 'http',
        'HTTP_COOKIE': 'a=1; b=2',
    }
    # What eventlet speaks if not told otherwise is HTTP/1.0, and WSGI servers need not tell the client's port.
    assert environ['SERVER_PROTOCOL'] in ('HTTP/1.0', 'HTTP/1.1')
    assert environ['REMOTE_PORT'] is None or int(environ['REMOTE_PORT']) == connection.local_port


def test_the_own_origin_is_accepted_and_no_other(process, connect, name):
    scheme = 'https' if process.host.tls else 'http'
    for origin, expected in ((f'{scheme}://127.0.0.1:{process.port}', 200), ('https://other.example', 400)):
        connection = connect()
        connection.request('EIO=4&transport=polling', {'Origin': origin, 'Connection': 'close'})
        assert connection.response()[0] == expected


def test_a_rejection_says_why(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling&reject=1', {'Connection': 'close'})
    code, fields, body = connection.response()
    assert (code, fields['content-type'], body) == (401, 'application/json', b'{"why": "because"}')


@pytest.mark.hosts(lambda host: not host.mode == 'asgi')
def test_a_rejected_websocket_says_why(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=websocket&reject=1', HANDSHAKE)
    code, _, body = connection.response()
    assert (code, body) == (401, b'{"why": "because"}')


@pytest.mark.hosts(lambda host: host.mode in WSGI and not host.swallows_early_frames)
def test_frames_that_come_with_the_handshake_are_read(connect, name):
    connection = connect()
    frames = connection.codec.frame('4early') + connection.codec.frame(b'binary')
    connection.websocket(more=frames)
    assert [connection.next(), connection.next()] == ['4early', b'binary']


@pytest.mark.hosts(lambda host: host.mode in WSGI)
@pytest.mark.parametrize('change', [
    {'Sec-WebSocket-Key': 'short'},
    {'Sec-WebSocket-Version': '8'},
    {'Connection': 'keep-alive'},
])
def test_a_bad_handshake_is_answered_in_http(connect, name, change):
    connection = connect()
    connection.request('EIO=4&transport=websocket', {**HANDSHAKE, **change})
    assert connection.response()[0] == 400


def test_after_a_request_on_the_same_connection(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling')
    code, fields, _ = connection.response()
    assert code == 200
    if fields.get('connection', '').lower() == 'close' or not fields.keys() & {'content-length', 'transfer-encoding'}:
        # werkzeug and uWSGI say that they end every connection.
        assert connection.rest() == b''
        connection = connect()
    connection.websocket()
    connection.send('4hello')
    assert connection.next() == '4hello'


def test_the_end_is_a_close_frame_and_nothing_else(process, connect, name):
    connection = connect()
    sid = connection.websocket()['sid']
    connection.send('4close')
    assert connection.next() == '1'
    assert connection.next() is None
    assert connection.codec.close_code == 1000
    connection.sock.sendall(connection.codec.take_output())
    assert connection.rest() == b''
    assert process.report('disconnect', sid=sid)['reason'] == 'server disconnect'


@pytest.mark.hosts(lambda host: host.mode in WSGI)
@pytest.mark.parametrize('end', ['said', 'cut'])
def test_the_host_logs_no_error_when_a_websocket_ends(process, connect, name, end):
    connection = connect()
    sid = connection.websocket()['sid']
    if end == 'said':
        connection.sock.sendall(connection.codec.close())
    else:
        connection.sock.shutdown(socket.SHUT_WR)
    # Hosts complain before they close the connection.
    connection.rest()
    process.report('disconnect', sid=sid)
    assert 'Traceback' not in process.said()


@pytest.mark.hosts(lambda host: host.mode in WSGI)
def test_a_client_that_goes_on_talking_reads_the_close_frame(connect, name):
    connection = connect()
    connection.websocket()
    connection.send('4close')
    for _ in range(50):
        connection.send(b'x' * 50_000)
    assert connection.next() == '1'
    assert connection.next() is None
    assert connection.codec.close_code == 1000


@pytest.mark.hosts(lambda host: host.mode in WSGI)
def test_a_client_that_does_not_answer_the_close_frame_is_cut_off(process, connect, name):
    connection = connect()
    sid = connection.websocket()['sid']
    connection.send('4close')
    assert connection.next() == '1'
    assert connection.next() is None
    process.report('disconnect', sid=sid)
    assert connection.rest() == b''


@pytest.mark.hosts(lambda host: host.mode in WSGI)
@pytest.mark.parametrize('at_once', [True, False])
def test_no_request_behind_a_websocket_is_answered(process, connect, name, at_once):
    """What a client sends behind its close frame was no request for the server, not even if it looks like one."""
    request = f'GET /engine.io/?EIO=4&transport=polling&marker={at_once} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode()
    connection = connect()
    end = connection.codec.close()
    if at_once and not process.host.swallows_early_frames:
        connection.request('EIO=4&transport=websocket', HANDSHAKE, more=end + request)
        assert connection.response()[0] == 101
    else:
        connection.websocket()
        connection.sock.sendall(end + request)
    while connection.next() is not None:
        pass
    assert connection.codec.close_code == 1000
    assert connection.rest() == b''
    queries = [report['environ']['QUERY_STRING'] for report in process.reports('connect')]
    assert not any('marker' in query for query in queries)


@pytest.mark.hosts(lambda host: host.mode in WSGI)
@pytest.mark.parametrize('fields, body', [
    ({'Content-Length': '5'}, b'hello'),
    ({'Content-Length': '5'}, b''),
    ({'Transfer-Encoding': 'chunked'}, b'5\r\nhello\r\n0\r\n\r\n'),
])
def test_a_handshake_with_a_body_leaves_nothing_behind(process, connect, name, fields, body):
    connection = connect()
    connection.request('EIO=4&transport=websocket', {**HANDSHAKE, **fields}, more=body)
    if process.host.answers_after_bodies and not body:
        assert connection.rest() == b''
        code = 400
    else:
        code, *_ = connection.response()
    if code == 101:
        connection.sock.sendall(connection.codec.close())
        while connection.next() is not None:
            pass
        assert connection.rest() == b''
    else:
        assert code == 400
    other = connect()
    other.websocket()
    other.send('4hello')
    assert other.next() == '4hello'


@pytest.mark.hosts(lambda host: host.mode in WSGI)
@pytest.mark.parametrize('frame, code', [
    (b'\x81\x01x', 1002),
    (b'\x81\x82\0\0\0\x004\xff', 1007),
    (b'\x83\x80\0\0\0\0', 1002),
    (b'\xf1\x80\0\0\0\0', 1002),
])
def test_broken_frames_are_told(process, connect, name, frame, code):
    connection = connect()
    sid = connection.websocket()['sid']
    # In one write, so that both may be there when the server reads. What a handler sends to a client that broke the
    # rules is dropped, so that the application has to say what it got.
    connection.sock.sendall(connection.codec.frame('4note before') + frame)
    assert connection.next() is None
    assert connection.codec.close_code == code
    assert process.report('disconnect', sid=sid)['reason'] == 'transport error'
    assert [report.get('text') for report in process.told(sid)] == ['before', None]


@pytest.mark.hosts(lambda host: host.reads_chunks)
def test_a_post_in_chunks_arrives(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling', {'Connection': 'close'})
    sid = json.loads(connection.response()[2][1:])['sid']
    post = connect()
    head = f'POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n'
    post.sock.sendall(head.encode() + b'Transfer-Encoding: chunked\r\n\r\n3\r\n4in\r\n5\r\n part\r\n1\r\ns\r\n0\r\n\r\n')
    assert post.response()[0] == 200
    texts = b''
    while b'4in parts' not in texts:
        poll = connect()
        poll.request(f'EIO=4&transport=polling&sid={sid}', {'Connection': 'close'})
        code, _, body = poll.response()
        assert code == 200
        texts += body


# In ASGI, the web server agrees on that.
@pytest.mark.hosts(lambda host: host.mode != 'asgi')
def test_no_compression_of_messages_is_agreed_on(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=websocket', {**HANDSHAKE, 'Sec-WebSocket-Extensions': 'permessage-deflate'})
    code, fields, _ = connection.response()
    assert (code, fields.get('sec-websocket-extensions')) == (101, None)
    assert connection.next().startswith('0{')


def test_no_answer_is_taken_from_a_cache(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling', {'If-None-Match': '*', 'Connection': 'close'})
    code, fields, _ = connection.response()
    assert (code, fields['cache-control'], fields.get('etag')) == (200, 'no-store', None)


# In Tornado, routes are the application's.
@pytest.mark.hosts(lambda host: host.mode != 'tornado')
def test_the_path_needs_no_slash_at_its_end(connect, name):
    connection = connect()
    connection.request('EIO=4&transport=polling', {'Connection': 'close'}, path='/engine.io')
    assert connection.response()[0] == 200
