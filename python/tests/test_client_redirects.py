"""Redirects of the handshake, and servers of Engine.IO 3: by native connections and by those of libraries alike."""

import asyncio
import contextlib
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import pytest
from client_peers import CONFORMANCE

import engineio_rs
from engineio_rs.exceptions import ConnectionError

HEADERS = {'X-Token': 'secret', 'Authorization': 'Bearer secret'}


class Front:
    """A server that leads every request elsewhere; `paths` are those that were asked for."""

    def __init__(self, location, status=307):
        self.paths = []
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                front.paths.append(self.path)
                self.send_response(status)
                self.send_header('Location', location(self.path))
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_port
        self.url = f'http://127.0.0.1:{self.port}'
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@contextlib.contextmanager
def front(location, status=307):
    server = Front(location, status)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope='module')
def moved():
    """A server whose sessions are at /v2/, and that leads handshakes of any other path there."""
    command = ['node', CONFORMANCE / 'servers' / 'moved.js']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CONFORMANCE)
    yield process.stdout.readline().split()[-1]
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_session_lives_where_the_handshake_was_led(moved, any_client, transports):
    client = any_client()
    client.connect(f'{moved}/?token=x', transports, headers=HEADERS)
    assert client.echo('hello') == ['hello']
    assert client.transport == (transports or ['websocket'])[0]
    client.call('disconnect')


@pytest.mark.parametrize('transport', ['polling', 'websocket'])
def test_no_other_server_is_asked(any_client, transport):
    with front(lambda path: '/') as other, front(lambda path: f'http://127.0.0.1:{other.port}{path}') as server:
        with pytest.raises(ConnectionError) as caught:
            any_client().connect(server.url, [transport], headers=HEADERS)
        assert f'redirecting to http://127.0.0.1:{other.port}/engine.io/' in str(caught.value)
        assert 'which is another port' in str(caught.value)
        assert (len(server.paths), other.paths) == (1, [])


@pytest.mark.parametrize('transport', ['polling', 'websocket'])
def test_a_circle_ends(any_client, transport):
    with front(lambda path: '/engine.io/', 302) as server:
        with pytest.raises(ConnectionError, match='after five others'):
            any_client().connect(server.url, [transport])
        assert len(server.paths) == 6


@pytest.mark.parametrize('kind, transport', [('socket.io', 'polling'), ('socket.io', 'websocket'), ('engine.io', 'polling')])
def test_a_server_of_engine_io_3_is_named(any_client, kind, transport):
    command = ['node', CONFORMANCE / 'servers' / 'older.js', kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CONFORMANCE)
    url = process.stdout.readline().split()[-1]
    path = 'socket.io' if kind == 'socket.io' else 'engine.io'
    client = any_client()
    with pytest.raises(ConnectionError, match='this server speaks Engine.IO 3'):
        client.connect(url, [transport], engineio_path=path)
    assert client.client.state == 'disconnected'
    assert client.events.empty()
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_application_s_own_requests_with_its_session_are_left_alone(moved):
    async def converse():
        async with aiohttp.ClientSession() as session, engineio_rs.AsyncClient(http_session=session) as client:
            await client.connect(moved)
            async with session.get(f'{moved}/?EIO=4&transport=polling') as response:
                return [status.status for status in response.history], await response.text()

    history, body = asyncio.run(converse())
    assert history == [308]
    assert body.startswith('0{')
