"""Options of clients: what is sent of headers, paths and queries, and what is refused when it is given."""

import re
import threading

import pytest
from raw_server import RawServer

from engineio_rs.exceptions import ConnectionError

NOBODY = 'http://127.0.0.1:1'


@pytest.fixture
def raw():
    server = RawServer()
    yield server
    server.close()


def handshake(raw, client, url=None, **arguments):
    client.connect(url or raw.url, ['polling'], **arguments)
    request = raw.handshake()
    raw.request('GET').answer('1')
    return request


def test_a_virtual_host_can_be_named(raw, any_client):
    assert handshake(raw, any_client(), headers={'Host': 'app.example'}).headers['host'] == 'app.example'


def test_a_virtual_host_is_for_websockets_too(any_client):
    server = RawServer(open=None)
    client, hosts = any_client(), []

    def refuse():
        request = server.request()
        hosts.append(request.header_list.get_all('host'))
        request.answer('', status=400)

    thread = threading.Thread(target=refuse)
    thread.start()
    with pytest.raises(ConnectionError):
        client.connect(server.url, ['websocket'], headers={'Host': 'app.example'})
    thread.join()
    assert hosts == [['app.example']]
    server.close()


def test_a_header_that_is_none_is_left_out(raw, any_client):
    headers = handshake(raw, any_client(), headers={'X-N': None, 'X-M': 'm'}).headers
    assert ('x-n' in headers, headers['x-m']) == (False, 'm')


def test_text_in_any_script_is_encoded_once(raw, any_client):
    client = any_client()
    path = handshake(raw, client, f' {raw.url}/?name=José X&done=%C3%A9+', engineio_path='/ä b/%C3%B6/').path
    assert path.startswith('/%C3%A4%20b/%C3%B6/?'), path
    assert 'name=Jos%C3%A9%20X&done=%C3%A9+' in path


def test_a_host_in_any_script_is_encoded(any_client):
    with pytest.raises(ConnectionError) as caught:
        any_client().connect('http://bücher.invalid', ['polling'])
    assert 'xn--bcher-kva.invalid' in f'{caught.value} {caught.value.__cause__}'


@pytest.mark.parametrize(
    'headers, words',
    [
        ({'X-N': b'bytes'}, "headers has 'X-N' with a value of type bytes"),
        ({'X-N': 5}, "headers has 'X-N' with a value of type int"),
        ({'X-N': 'a\nb'}, "headers has 'X-N' with a line end"),
        ({'Authorization': 'Bearer abc\n'}, "headers has 'Authorization' with a line end"),
        ({'X N': 'x'}, "headers has the name 'X N'"),
        ({b'X-N': 'x'}, "headers has the name b'X-N'"),
        ({'': 'x'}, "headers has the name ''"),
        ([('X-N', 'x')], 'headers is of type list'),
        (5, 'headers is of type int'),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_by_name(any_client, headers, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        any_client().connect(NOBODY, headers=headers)


@pytest.mark.parametrize(
    'option, value',
    [
        ('request_timeout', 0),
        ('request_timeout', -1),
        ('request_timeout', '5'),
        ('request_timeout', float('nan')),
        ('request_timeout', None),
        ('ssl_verify', '/etc/ssl/ca.pem'),
        ('ssl_verify', None),
        ('websocket_extra_options', 'timeout=5'),
        ('websocket_extra_options', {'timout': 5}),
        ('ca_certs', 5),
        ('client_cert', ('one',)),
        ('client_cert', 5),
        ('proxy', b'http://proxy'),
        ('max_payload', 0),
        ('max_payload', '1000'),
        ('max_payload', 1.5),
        ('reconnect', 'yes'),
        ('reconnect', {'delay': 1}),
        ('reconnect', {'factor': 'two'}),
        ('reconnect', {'max_attempts': -1}),
        ('reconnect', {'jitter': 2}),
        ('reconnect', {'initial_delay': None}),
    ],
)
def test_an_option_of_no_use_is_refused_when_it_is_given(client_of, option, value):
    with pytest.raises(ValueError, match=f'^{option}'):
        client_of(**{option: value})


@pytest.mark.parametrize('url', [None, b'http://h', 5, 'http://[::1'])
def test_a_url_that_is_no_text_is_refused(any_client, url):
    with pytest.raises(ValueError, match='^url is'):
        any_client().connect(url)


@pytest.mark.parametrize('path', [None, b'x', '/a?b', '/a#b', '/a\r\nb'])
def test_a_path_that_is_none_is_refused(any_client, path):
    with pytest.raises(ValueError, match='^engineio_path is'):
        any_client().connect(NOBODY, engineio_path=path)


@pytest.mark.parametrize('url', ['', 'localhost:5000', 'ftp://h', 'http://', 'http:///x', 'http://h\r\nX: y'])
def test_a_url_that_leads_nowhere_is_a_connection_error(client_of, url):
    with pytest.raises(ConnectionError, match='URL'):
        client_of().connect(url, ['polling'])


def test_a_proxy_that_is_none_is_named(client_of):
    with pytest.raises(ValueError, match='^`proxy` is'):
        client_of(proxy='ftp://proxy').connect(NOBODY)


def test_secrets_are_not_shown(any_client):
    for headers in ({'Authorization': b'secret'}, [('Authorization', 'secret')], {'Authorization': 'secret\n'}):
        with pytest.raises(ValueError) as caught:
            any_client().connect(NOBODY, headers=headers)
        assert 'secret' not in str(caught.value)
