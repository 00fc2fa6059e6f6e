"""What the environment says to the libraries that the native connection replaces: certificates, logins, proxies."""

import logging
import shutil
import ssl

import pytest
from client_peers import Certificates
from raw_server import RawServer

from engineio_rs.exceptions import ConnectionError

BUNDLES = ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'WEBSOCKET_CLIENT_CA_BUNDLE']
PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']


@pytest.fixture(scope='module')
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp('certificates'))


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch, tmp_path):
    for name in (*BUNDLES, 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NETRC', *PROXIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv('HOME', str(tmp_path))


@pytest.fixture
def secure(certificates):
    """A server behind TLS, which says nothing after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.file('server.crt'), certificates.file('server.key'))
    server = RawServer(tls=context)
    yield server
    server.close()


@pytest.fixture
def raw():
    server = RawServer()
    yield server
    server.close()


def connected(server, client, **arguments):
    """Connects, and returns the headers of the handshake."""
    client.connect(server.url, ['polling'], **arguments)
    headers = server.handshake().headers
    server.request('GET').answer('1')
    return headers


@pytest.mark.parametrize('name', BUNDLES)
@pytest.mark.parametrize('form', ['file', 'directory'])
def test_a_bundle_that_the_environment_names_is_trusted_by_threads(secure, client_of, certificates, monkeypatch, tmp_path, name, form):
    shutil.copy(certificates.file('ca.crt'), tmp_path / 'ca.pem')
    (tmp_path / 'README').write_text('what is no certificate is passed over')
    monkeypatch.setenv(name, str(tmp_path / 'ca.pem' if form == 'file' else tmp_path))
    client = client_of()
    if client.client.is_asyncio_based():
        # aiohttp reads none of these.
        with pytest.raises(ConnectionError, match='`ca_certs`'):
            client.connect(secure.url, ['polling'])
    else:
        connected(secure, client)


def test_an_unknown_authority_names_the_argument(secure, client_of):
    for transport in ('polling', 'websocket'):
        with pytest.raises(ConnectionError, match='a private CA is added with `ca_certs`'):
            client_of().connect(secure.url, [transport])


@pytest.mark.parametrize('where', ['nothing is there', 'no certificate'])
def test_a_bundle_that_is_none_is_named(secure, client_of, monkeypatch, tmp_path, where):
    path = tmp_path / 'bundle'
    if where == 'no certificate':
        path.write_text('empty')
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', str(path))
    client = client_of()
    words = '`ca_certs`' if client.client.is_asyncio_based() else f"REQUESTS_CA_BUNDLE names '{path}'"
    with pytest.raises(ConnectionError, match=words):
        client.connect(secure.url, ['polling'])
    with pytest.raises(ConnectionError, match=f"ca_certs names '{path}'"):
        client_of(ca_certs=str(path)).connect(secure.url, ['polling'])


def test_what_the_application_says_about_certificates_comes_first(secure, client_of, certificates, monkeypatch):
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', '/nonexistent')
    connected(secure, client_of(ca_certs=certificates.file('ca.crt')))
    connected(secure, client_of(ssl_verify=False))


def test_a_bundle_stands_in_for_the_authorities_of_the_system(secure, client_of, certificates, monkeypatch):
    """As with requests: who names a bundle trusts nobody else."""
    monkeypatch.setenv('SSL_CERT_FILE', certificates.file('ca.crt'))
    connected(secure, client_of())
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', certificates.file('client.crt'))
    client = client_of()
    if client.client.is_asyncio_based():
        connected(secure, client)
    else:
        with pytest.raises(ConnectionError, match='certificate'):
            client.connect(secure.url, ['polling'])


NETRC = 'machine 127.0.0.1 login me password "se cret"\nmachine other login x password y\n'
LOGIN = 'Basic bWU6c2UgY3JldA=='


@pytest.mark.parametrize('by', ['NETRC', '.netrc', '_netrc'])
def test_the_login_of_a_netrc_is_sent_by_threads(raw, client_of, monkeypatch, tmp_path, by):
    file = tmp_path / ('elsewhere' if by == 'NETRC' else by)
    file.write_text(NETRC)
    file.chmod(0o600)
    if by == 'NETRC':
        monkeypatch.setenv('NETRC', str(file))
    client = client_of()
    expected = None if client.client.is_asyncio_based() else LOGIN
    assert connected(raw, client).get('authorization') == expected


def test_a_login_that_was_given_comes_first(raw, client_of, monkeypatch, tmp_path):
    (tmp_path / 'netrc').write_text(NETRC)
    monkeypatch.setenv('NETRC', str(tmp_path / 'netrc'))
    assert connected(raw, client_of(), headers={'authorization': 'Bearer x'})['authorization'] == 'Bearer x'
    raw.url = raw.url.replace('127.0.0.1', 'a:b@127.0.0.1')
    assert connected(raw, client_of())['authorization'] == 'Basic YTpi'


def test_a_netrc_that_is_none_is_logged(raw, client_of, monkeypatch, tmp_path, caplog):
    (tmp_path / 'netrc').write_text('nonsense')
    monkeypatch.setenv('NETRC', str(tmp_path / 'netrc'))
    client = client_of(logger=logging.getLogger('a client'))
    assert 'authorization' not in connected(raw, client)
    assert ('of no use' in caplog.text) is not client.client.is_asyncio_based()


def test_a_machine_of_another_name_gets_nothing(raw, client_of, monkeypatch, tmp_path):
    (tmp_path / 'netrc').write_text('machine localhost login me password secret\n')
    monkeypatch.setenv('NETRC', str(tmp_path / 'netrc'))
    assert 'authorization' not in connected(raw, client_of())


@pytest.mark.parametrize('name', ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])
def test_proxies_of_the_environment_are_used(raw, client_of, monkeypatch, name):
    monkeypatch.setenv(name, raw.url)
    client = client_of()
    client.connect('http://server.example:81', ['polling'])
    assert raw.handshake().path.startswith('http://server.example:81/engine.io/?')
    raw.request('GET').answer('1')


def test_the_name_in_lower_case_comes_first(raw, client_of, monkeypatch):
    monkeypatch.setenv('HTTP_PROXY', 'http://127.0.0.1:1')
    monkeypatch.setenv('http_proxy', raw.url)
    client = client_of()
    client.connect('http://server.example', ['polling'])
    assert raw.handshake().path.startswith('http://server.example/')
    raw.request('GET').answer('1')


@pytest.mark.parametrize('exception', ['*', '127.0.0.1', '127.0.0.0/8', 'x, 127.0.0.1:{port}', 'localhost 127.0.0.1'])
def test_hosts_without_a_proxy(raw, client_of, monkeypatch, exception):
    monkeypatch.setenv('http_proxy', 'http://127.0.0.1:1')
    monkeypatch.setenv('no_proxy', exception.format(port=raw.url.rsplit(':', 1)[1]))
    connected(raw, client_of())


def test_another_port_has_a_proxy(raw, client_of, monkeypatch):
    monkeypatch.setenv('http_proxy', raw.url)
    monkeypatch.setenv('no_proxy', 'server.example:82')
    client = client_of()
    client.connect('http://server.example:81', ['polling'])
    assert raw.handshake().path.startswith('http://server.example:81/')
    raw.request('GET').answer('1')
