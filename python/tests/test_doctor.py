"""What cannot work in the host is said once, with the remedy, or made to work."""

import functools
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import urllib.request

import pytest
from aiohttp import web
from engineio_rs import ASGIApp, AsyncServer, Client, Middleware, Server, WSGIApp, _doctor, get_tornado_handler
from faces import PATIENCE, SyncFace

# In real hosts.

#: An application that answers each message with itself.
APPLICATION = '''
    import sys
    import engineio_rs

    eio = engineio_rs.Server({options})
    eio.on('message', eio.send)
    app = engineio_rs.WSGIApp(eio)
'''

WERKZEUG = APPLICATION + '''
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_):
            pass

    server = make_server('127.0.0.1', 0, app, threaded={threaded}, request_handler=Quiet)
    print('Listening at: http://127.0.0.1:%d' % server.port, file=sys.stderr, flush=True)
    server.serve_forever()
'''

GEVENT = APPLICATION + '''
    from gevent import pywsgi

    server = pywsgi.WSGIServer(('127.0.0.1', 0), app, log=None)
    server.start()
    print('Listening at: http://127.0.0.1:%d' % server.server_port, file=sys.stderr, flush=True)
    server.serve_forever()
'''

WAITRESS = APPLICATION + '''
    import waitress

    server = waitress.create_server(app, host='127.0.0.1', port=0, threads=8)
    print('Listening at: http://127.0.0.1:%s' % server.effective_port, file=sys.stderr, flush=True)
    server.run()
'''


UVICORN = '''
    import socket
    import sys
    import engineio_rs

    for library in {missing}:
        sys.modules[library] = None

    import uvicorn

    eio = engineio_rs.AsyncServer(async_handlers=False)
    eio.on('message', eio.send)
    listener = socket.create_server(('127.0.0.1', 0))
    print('Listening at: http://127.0.0.1:%d' % listener.getsockname()[1], file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(engineio_rs.ASGIApp(eio), log_level='error')).run([listener])
'''


class Host:
    """A web server in a process of its own."""

    def __init__(self, command, directory):
        environment = {**os.environ, 'PYTHONPATH': os.pathsep.join([str(directory), *sys.path])}
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        self.errors = []
        url = self.read_until('Listening at: ').split('Listening at: ')[1].split()[0]
        self.url = f'{url}/engine.io/?EIO=4&transport=polling'

    def read_until(self, words):
        for line in self.process.stderr:
            self.errors.append(line)
            if words in line:
                return line
        raise AssertionError(self.errors)

    def ask(self, query='', body=None):
        with urllib.request.urlopen(self.url + query, data=body, timeout=PATIENCE) as response:
            return response.read().decode()

    def open(self):
        return json.loads(self.ask()[1:])

    def assert_echoes(self):
        sid = '&sid=' + self.open()['sid']
        assert (self.ask(sid, b'4hello'), self.ask(sid)) == ('ok', '4hello')

    def findings(self):
        """What was logged of the host, after its end."""
        self.end()
        self.errors += self.process.stderr
        return [line for line in self.errors if 'async_mode' in line or 'web server' in line or 'sockets' in line.lower()]

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def start(tmp_path):
    """Starts a host: a program, or arguments of gunicorn."""
    started = []

    def start(program=None, *gunicorn, options='', **names):
        if program is None:
            (tmp_path / 'application.py').write_text(textwrap.dedent(APPLICATION).format(options=options))
            command = ['-m', 'gunicorn', '--bind', '127.0.0.1:0', *gunicorn, 'application:app']
        else:
            command = ['-c', textwrap.dedent(program).format(options=options, **names)]
        started.append(Host([sys.executable, *command], tmp_path))
        return started[-1]

    yield start
    for host in started:
        host.end()


GTHREAD = ('--worker-class', 'gthread', '--threads', '8')


def test_threads_where_gevent_is_installed(start):
    """It would be chosen, and no message would ever arrive."""
    for host in (start(None, *GTHREAD), start(WERKZEUG, threaded=True)):
        host.assert_echoes()
        host.assert_echoes()
        assert host.findings() == []


def test_gevent_where_it_serves_unpatched(start):
    host = start(GEVENT)
    host.assert_echoes()
    assert host.findings() == []


@pytest.mark.parametrize('arguments', [(None, *GTHREAD), (WERKZEUG,)], ids=['gunicorn', 'werkzeug'])
def test_an_async_mode_that_does_not_fit_threads_is_told_once(start, arguments):
    host = start(*arguments, options="async_mode='gevent'", **({} if arguments[0] is None else {'threaded': True}))
    host.open()
    host.open()
    (finding,) = host.findings()
    assert "async_mode is 'gevent'" in finding and "make the server with async_mode='threading'" in finding


def test_threads_where_greenlets_serve_are_told(start):
    host = start(GEVENT, options="async_mode='threading'")
    host.open()
    (finding,) = host.findings()
    assert "async_mode is 'threading'" in finding and "make the server with async_mode='gevent'" in finding


def test_a_host_with_one_thread_is_told(start):
    for host in (start(None, options="async_mode='threading'"), start(WERKZEUG, threaded=False)):
        host.open()
        host.open()
        (finding,) = host.findings()
        assert 'one request at a time' in finding and '--worker-class gthread --threads 100' in finding


def test_a_host_that_hides_its_sockets_is_told_and_offers_no_upgrade(start):
    host = start(WAITRESS)
    assert [host.open()['upgrades'], host.open()['upgrades']] == [[], []]
    host.assert_echoes()
    (finding,) = host.findings()
    assert 'waitress does not hand out the sockets' in finding and "transports=['polling']" in finding


@pytest.mark.parametrize('options', ["transports=['polling']", 'allow_upgrades=False'])
def test_a_host_that_hides_its_sockets_is_no_news_without_upgrades(start, options):
    host = start(WAITRESS, options=options)
    host.assert_echoes()
    assert host.findings() == []


@pytest.mark.parametrize('missing, upgrades', [(['websockets', 'wsproto'], []), (['wsproto'], ['websocket'])])
def test_uvicorn_without_a_library_for_websockets_is_told_and_offers_no_upgrade(start, missing, upgrades):
    host = start(UVICORN, missing=missing)
    assert [host.open()['upgrades'], host.open()['upgrades']] == [upgrades] * 2
    host.assert_echoes()
    found = [line for line in host.findings() if 'uvicorn has no library for WebSockets' in line]
    assert len(found) == len(host.findings()) == (not upgrades)


# Without a host: what a request shows.

OF_A_HOST = {'wsgi.version': (1, 0), 'wsgi.multithread': True, 'SERVER_SOFTWARE': 'x'}


def test_a_request_that_no_host_has_made_shows_nothing(caplog):
    face = SyncFace()
    assert json.loads(face.request('GET', 'EIO=4').text[1:])['upgrades'] == ['websocket']
    face.close()
    assert caplog.records == []


@pytest.mark.parametrize('sign', [{'HTTP_USER_AGENT': 'Werkzeug/3.1'}, {'paste.testing': True}])
def test_the_test_client_of_a_framework_shows_nothing(sign, caplog):
    server = Server(async_mode='threading')
    environ = {**OF_A_HOST, 'REQUEST_METHOD': 'GET', 'QUERY_STRING': 'EIO=4', 'HTTP_HOST': 'a', 'wsgi.multithread': False}
    (body,) = server.handle_request({**environ, **sign}, lambda *_: None)
    server.shutdown(0)
    assert b'"upgrades":["websocket"]' in body and caplog.records == []


def test_the_first_request_is_examined_alone(caplog):
    server = Server(async_mode='threading')
    for _ in range(2):
        environ = {**OF_A_HOST, 'REQUEST_METHOD': 'GET', 'QUERY_STRING': '', 'wsgi.multithread': False}
        server.handle_request(environ, lambda *_: None)
    words = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert [sum(part in each for each in words) for part in ('one request at a time', 'x does not hand out')] == [1, 1]


def test_a_host_with_threads_is_known_before_its_first_request(monkeypatch):
    assert not _doctor.rules_out('gevent')
    monkeypatch.setitem(sys.modules, 'gunicorn.workers.gthread', None)
    assert _doctor.rules_out('gevent') and _doctor.rules_out('eventlet') and not _doctor.rules_out('threading')


# The wrong kind of server.


def test_a_server_for_threads_in_an_application_for_asgi_is_refused():
    for use in filter(None, (ASGIApp, get_tornado_handler)):
        with pytest.raises(TypeError, match='was given a Server; expected an AsyncServer: .* use WSGIApp'):
            use(Server(async_mode='threading'))
        with pytest.raises(TypeError, match='was given the class AsyncServer; expected an AsyncServer: call it'):
            use(AsyncServer)


def test_a_server_for_asyncio_in_an_application_for_wsgi_is_refused():
    for use in (WSGIApp, Middleware):
        with pytest.raises(TypeError, match='was given an AsyncServer; expected a Server: .* use ASGIApp'):
            use(AsyncServer(async_mode='asgi'))


def test_a_server_takes_the_async_mode_of_its_application_unless_it_has_one():
    server = AsyncServer()
    assert server.async_mode == 'aiohttp'
    ASGIApp(server)
    assert server.async_mode == 'asgi'
    server.attach(web.Application())
    assert server.async_mode == 'aiohttp'
    with pytest.raises(ValueError, match="ASGIApp is for async_mode='asgi', and the server has 'aiohttp'"):
        ASGIApp(AsyncServer(async_mode='aiohttp'))
    with pytest.raises(ValueError, match="an application of aiohttp is for async_mode='aiohttp', and the server has 'asgi'"):
        AsyncServer(async_mode='asgi').attach(web.Application())


# Handlers that nobody would await.


async def coroutine_function(*args):
    pass


class Called:
    """An object that is called as a coroutine function."""

    async def __call__(self, *args):
        pass


NOT_AWAITED = [coroutine_function, functools.partial(coroutine_function, 1), Called(), Called().__call__]


@pytest.mark.parametrize('event', ['connect', 'message', 'disconnect'])
@pytest.mark.parametrize('handler', NOT_AWAITED, ids=['function', 'partial', 'object', 'method'])
@pytest.mark.parametrize('make', [lambda: Server(async_mode='threading'), Client], ids=['server', 'client'])
def test_a_coroutine_function_as_a_handler_for_threads_is_refused(make, handler, event):
    side = make()
    for register in (lambda: side.on(event, handler), lambda: side.on(event)(handler)):
        with pytest.raises(TypeError, match=f'the {event} handler .* is a coroutine function, which {type(side).__name__} does not'):
            register()
    assert side.handlers == {}


def test_a_handler_for_threads_that_returns_a_coroutine_has_failed(caplog, recwarn):
    face = SyncFace(async_handlers=False)
    sid = face.open()
    for event in ('connect', 'message'):
        face.server.on(event, lambda *args: coroutine_function(*args))
    assert face.request('GET', 'EIO=4').code == 401
    assert face.post(sid, '4a').code == 200
    face.close()
    errors = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert len(errors) == 2 and all('returned a coroutine, which Server does not await' in each for each in errors)
    assert not recwarn.list
