"""Which requests a server takes, and what it says to the others."""

import zlib

import pytest
from engineio_rs import ASGIApp, Server, WSGIApp, async_server
from engineio_rs._core import is_endpoint
from engineio_rs.async_drivers._handshake import HEADERS
from faces import PATIENCE, wait_until


@pytest.mark.parametrize('path, ours', [
    ('/engine.io/', True),
    ('/engine.io', True),
    ('/engine.io//', False),
    ('/engine.io/x', False),
    ('/engine.iox', False),
    ('/', False),
    ('', False),
])
def test_a_path_is_no_prefix(path, ours):
    assert is_endpoint(path, '/engine.io/') is ours
    assert is_endpoint(path, 'engine.io') is ours


def test_at_the_root_all_paths_are_the_server_s():
    assert all(is_endpoint(path, '/') for path in ('/', '', '/x', '/x/y/'))


@pytest.mark.parametrize('app', [WSGIApp, ASGIApp])
def test_a_path_that_no_request_can_have_is_refused(app):
    with pytest.raises(ValueError, match='^engineio_path '):
        app(None, engineio_path='/engine.io?x=1')


@pytest.mark.parametrize('server', [Server, async_server.AsyncServer])
@pytest.mark.parametrize('cookie', ['a;Domain=evil.example', 'a,b', 'a\r\nSet-Cookie: b', 'a\x7f', {'name': 'a', 'path': 'b;c'}])
def test_a_cookie_that_smuggles_is_refused_at_start_up(server, cookie):
    with pytest.raises(ValueError, match='cookie'):
        server(cookie=cookie)


def test_functions_of_a_cookie_are_called_for_each_client_only(face_of):
    called = []
    face = face_of(cookie={'name': 'io', 'path': lambda: called.append(None) or '/'})
    assert not called
    face.open()
    assert len(called) == 1


def test_the_cookie_is_set_on_a_websocket_handshake_too(face_of):
    face = face_of(cookie='io')
    seen = {}
    face.server.on('connect', lambda sid, environ: seen.update(environ=environ, sid=sid))
    websocket, _ = face.start_websocket()
    assert websocket.client_gets().startswith('0')
    assert seen['environ'][HEADERS] == [('Set-Cookie', f'io={seen["sid"]}; path=/; SameSite=Lax')]
    websocket.closed()


@pytest.mark.parametrize('query', ['EIO=4&transport=', 'EIO=4&transport=x'])
def test_a_transport_that_is_none_is_refused(face, query):
    assert face.request('GET', query).text == '"Invalid transport"'


def test_an_unknown_session_is_the_first_thing_to_be_told(face):
    for query in ('EIO=4&transport=websocket&sid=nobody', 'EIO=4&transport=polling&sid=nobody'):
        assert face.request('GET', query).text == '"Invalid session nobody"'
    sid = face.open()
    assert face.request('GET', f'EIO=4&transport=websocket&sid={sid}').text == '"Invalid websocket upgrade"'


def test_a_page_behind_tls_that_a_proxy_ends_may_connect(face):
    assert face.request('GET', 'EIO=4', HTTP_ORIGIN='https://localhost').code == 200
    assert face.request('GET', 'EIO=4', HTTP_ORIGIN='https://localhost:444').code == 400


def test_a_poll_that_is_open_at_the_upgrade_gets_a_noop_and_the_websocket_does_not(face):
    for _ in range(30):
        sid = face.open()
        websocket, request = face.start_websocket(sid)
        websocket.client_sends('2probe')
        assert websocket.client_gets() == '3probe'
        waiting = face.start_poll(sid)
        websocket.client_sends('5')
        assert waiting.result(PATIENCE).text == '6'
        wait_until(lambda: face.server.sockets[sid].upgraded)
        face.call('send', sid, 'first')
        assert websocket.client_gets() == '4first'
        websocket.closed()
        request.result(PATIENCE)


def test_a_client_that_never_reads_is_disconnected_at_once(face):
    sid = face.open()
    for _ in range(20_000):
        if face.events.qsize() > 1:
            break
        face.server.sockets.get(sid) and face.call('send', sid, '')
    assert face.event() == ('disconnect', 'transport error')
    assert face.post(sid, '4late').text == f'"Invalid session {sid}"'


def test_pongs_of_a_post_count_once(face):
    session = face.server.sockets[face.open()]._session
    assert session.open_post(None) is None
    packets, refusal = session.payload(b'\x1e'.join([b'3'] * 1000 + [b'4a', b'3']))
    assert ([pkt.packet_type for pkt in packets], refusal) == ([3, 4], None)


@pytest.mark.parametrize('query', ['EIO=3', 'EIO=4&transport=x', 'EIO=4&j=x', ''])
def test_methods_are_told_apart_before_the_query(face, query):
    preflight = face.request('OPTIONS', query)
    assert (preflight.status, preflight.body) == ('200 OK', b'OK')
    assert preflight.values('Access-Control-Allow-Methods') == ['OPTIONS, GET, POST']
    other = face.request('PUT', query)
    assert (other.status, other.body, other.values('Allow')) == (
        '405 METHOD NOT FOUND', b'Method Not Found', ['GET, POST, OPTIONS'],
    )


@pytest.mark.parametrize('name', ['transport=polling', 'sid=a', 'EIO=4'])
def test_a_name_that_decides_must_not_be_repeated(face, name):
    assert face.request('GET', f'EIO=4&transport=polling&{name}&{name}').code == 400
    assert not face.server.sockets


def test_replies_are_not_stored_and_not_sniffed_and_have_a_length(face):
    for query, code in (('EIO=4', 200), ('EIO=3', 400)):
        reply = face.request('GET', query)
        assert reply.code == code
        assert reply.values('Cache-Control') == ['no-store']
        assert reply.values('X-Content-Type-Options') == ['nosniff']
        assert reply.values('Content-Length') == [str(len(reply.body))]


def test_upgrades_that_are_off_are_refused(face):
    sid = face.open()
    face.server.allow_upgrades = False
    upgrade = {'HTTP_UPGRADE': 'websocket', 'HTTP_CONNECTION': 'Upgrade'}
    assert face.request('GET', f'EIO=4&transport=websocket&sid={sid}', **upgrade).code == 400
    face.call('send', sid, 'still polling')
    assert face.poll(sid).text == '4still polling'


@pytest.mark.parametrize('origin', ['HTTP://LOCALHOST', 'http://localhost:80', 'http://LocalHost'])
def test_the_own_origin_in_other_words(face, origin):
    assert face.request('GET', 'EIO=4', HTTP_ORIGIN=origin).values('Access-Control-Allow-Origin') == [origin]


def test_an_empty_origin_is_none(face_of):
    reply = face_of(cors_allowed_origins='*').request('GET', 'EIO=4', HTTP_ORIGIN='')
    assert (reply.code, reply.values('Access-Control-Allow-Origin')) == (200, [])


@pytest.mark.parametrize('credentials, told', [(True, 'http://a.example'), (False, '*')])
def test_any_origin_is_named_only_where_there_may_be_credentials(face_of, credentials, told):
    face = face_of(cors_allowed_origins='*', cors_credentials=credentials)
    assert face.request('GET', 'EIO=4', HTTP_ORIGIN='http://a.example').values('Access-Control-Allow-Origin') == [told]


def test_a_function_is_asked_once_for_each_origin(face_of):
    asked = []

    def allows(origin, environ):
        asked.append(origin)
        raise TypeError('of its own')

    face = face_of(cors_allowed_origins=allows)
    assert face.request('GET', 'EIO=4').code == 200
    with pytest.raises(TypeError, match='of its own'):
        face.request('GET', 'EIO=4', HTTP_ORIGIN='http://a.example')
    assert asked == ['http://a.example']


@pytest.mark.parametrize('environ, code', [
    ({'CONTENT_LENGTH': 'x'}, 400),
    ({'CONTENT_LENGTH': '-1'}, 400),
    ({'CONTENT_LENGTH': '10'}, 400),
    ({'CONTENT_TYPE': 'application/octet-stream'}, 400),
    ({'HTTP_CONTENT_ENCODING': 'gzip'}, 400),
    ({'CONTENT_TYPE': 'text/html'}, 200),
])
def test_heads_of_posts(face, environ, code):
    assert face.post(face.open(), '4abc', **environ).code == code


def test_deflate_is_that_of_http(face_of):
    reply = face_of(compression_threshold=0).request('GET', 'EIO=4', HTTP_ACCEPT_ENCODING='deflate')
    assert zlib.decompress(reply.body).startswith(b'0{')


@pytest.mark.parametrize('host', ['a.example,b.example', 'a b'])
def test_a_host_that_is_none_is_refused(face, host):
    assert face.request('GET', 'EIO=4', HTTP_HOST=host).code == 400
