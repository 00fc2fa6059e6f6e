"""What a request's headers become in the environment of an asynchronous host, and whose word is taken for them."""

import base64
import re

import pytest
from engineio_rs import AsyncServer, Server, _options
from engineio_rs.async_drivers import _environ
from faces import AsyncFace

FORWARDED = {'HTTP_ORIGIN': 'https://public.example', 'HTTP_X_FORWARDED_HOST': 'public.example'}
LOCAL = ['127.0.0.1', '::1', '10.1.2.3', '172.16.0.1', '192.168.0.1', 'fd00::1', '::ffff:127.0.0.1']
PUBLIC = ['203.0.113.7', '2001:db8::1', '::ffff:203.0.113.7', '172.32.0.1']


def environ_of(*headers):
    environ = {}
    _environ.add_headers(environ, headers)
    return environ


@pytest.mark.parametrize('name', ['X_Authenticated_User', 'x_forwarded-host', 'X-Authenticated_User', 'Content_Length', '_'])
def test_a_name_with_an_underscore_is_left_out(name):
    assert environ_of((name, 'admin')) == {}
    assert environ_of((name, 'admin'), ('X-Authenticated-User', 'bob')) == {'HTTP_X_AUTHENTICATED_USER': 'bob'}


def opens(face, peer, **headers):
    environ = {} if peer is None else {'REMOTE_ADDR': peer, 'REMOTE_PORT': '4711'}
    return face.request('GET', 'EIO=4&transport=polling', **{**environ, **FORWARDED, **headers}).code == 200


@pytest.mark.parametrize('option, believed, others', [
    (None, [*LOCAL, None, ''], PUBLIC + ['a-name']),
    ([], [], [*LOCAL, *PUBLIC, None]),
    ('*', [*LOCAL, *PUBLIC, None, 'a-name'], []),
    ('203.0.113.0/24', ['203.0.113.7', '::ffff:203.0.113.7'], ['127.0.0.1', '203.0.114.7', None]),
    (['10.0.0.0/8', '2001:db8::/32', 'unix'], ['10.1.2.3', '2001:db8::1', None], ['127.0.0.1', '203.0.113.7']),
])
def test_forwarded_headers_are_believed_from_trusted_proxies_only(face_of, option, believed, others):
    face = face_of(trusted_proxies=option)
    assert [peer for peer in believed if not opens(face, peer)] == []
    assert [peer for peer in others if opens(face, peer)] == []


@pytest.mark.parametrize('option, believed', [(None, True), ('10.0.0.0/8', True), ([], False)])
def test_the_web_server_that_replaced_the_address_trusts_the_proxy(face_of, option, believed):
    face = face_of(trusted_proxies=option)
    assert opens(face, '203.0.113.7', REMOTE_PORT='0') == believed


def test_a_proxy_that_is_none_is_refused(face_of):
    for value in ('proxy.example', ['10.0.0.0/33'], 7, [None]):
        with pytest.raises(ValueError, match='trusted_proxies is .* expected .*10.0.0.0/8'):
            face_of(trusted_proxies=value)


def test_the_option_may_change(face_of):
    face = face_of()
    assert opens(face, '10.0.0.1')
    face.server.trusted_proxies = []
    assert not opens(face, '10.0.0.1')


@pytest.mark.parametrize('peer, forwarded, scheme', [
    ('127.0.0.1', 'https', 'https'),
    ('127.0.0.1', 'WSS, http', 'https'),
    ('127.0.0.1', 'ws', 'http'),
    ('127.0.0.1', 'javascript', 'http'),
    ('127.0.0.1', '', 'http'),
    ('203.0.113.7', 'https', 'http'),
])
def test_the_scheme_is_the_one_that_a_trusted_proxy_reports(peer, forwarded, scheme):
    seen = []
    face = AsyncFace()
    face.server.on('connect', lambda sid, environ: seen.append(environ['wsgi.url_scheme']))
    face.open(REMOTE_ADDR=peer, REMOTE_PORT='4711', HTTP_X_FORWARDED_PROTO=forwarded)
    face.close()
    assert seen == [scheme]


@pytest.mark.parametrize('given, scheme', [('http', 'http'), ('wss', 'https'), ('ws', 'http'), ('https', 'https'), ('x', 'http')])
def test_the_scheme_of_a_connection(given, scheme):
    environ = {}
    _environ.add_scheme(environ, given)
    assert environ == {'wsgi.url_scheme': scheme}


def test_the_proxies_are_read_once():
    assert _options.proxies_of(['10.0.0.0/8']) is _options.proxies_of('10.0.0.0/8')


@pytest.mark.parametrize('server', [Server(async_mode='threading'), AsyncServer(async_mode='asgi')])
def test_ids_are_random_in_all_of_their_20_characters(server):
    ids = [server.generate_id() for _ in range(1000)]
    assert all(re.fullmatch('[A-Za-z0-9_-]{20}', sid) for sid in ids)
    assert len(set(ids)) == 1000
    # Each of the 120 bits takes both values: 2 ** -999 is the probability that a random one does not.
    numbers = [int.from_bytes(base64.urlsafe_b64decode(sid), 'big') for sid in ids]
    always, ever = 2**120 - 1, 0
    for number in numbers:
        always, ever = always & number, ever | number
    assert (always, ever) == (0, 2**120 - 1)
