"""What becomes of an exception that a handler lets out, or that is thrown into one: only that client is concerned."""

import asyncio
import subprocess
import sys
import textwrap
import threading

import pytest
from engineio_rs import AsyncServer, Server
from faces import PATIENCE, AsyncFace, SyncFace, wait_until


class OfItsOwn(BaseException):
    """What a library may have that is no ``Exception``."""


FAILURES = [SystemExit, GeneratorExit, asyncio.CancelledError, OfItsOwn]


def failing(face, event, failure):
    """Registers a handler that fails, and returns how to be told that it was called."""
    called = threading.Event()

    def handler(*args):
        called.set()
        raise failure(2)

    async def async_handler(*args):
        handler()

    face.server.on(event, async_handler if isinstance(face, AsyncFace) else handler)
    return called


def logged(caplog):
    return [record for record in caplog.records if 'handler error' in record.getMessage()]


@pytest.mark.parametrize('failure', FAILURES)
def test_a_connect_handler_that_fails_in_any_way_rejects(face, failure, caplog):
    failing(face, 'connect', failure)
    reply = face.request('GET', 'EIO=4&transport=polling')
    assert (reply.code, face.server.sockets) == (401, {})
    assert [record.exc_info[0] for record in logged(caplog)] == [failure]


@pytest.mark.parametrize('in_order', [True, False])
@pytest.mark.parametrize('failure', FAILURES)
def test_a_message_handler_that_fails_in_any_way_ends_nothing(face_of, failure, in_order, caplog):
    face = face_of(async_handlers=not in_order)
    sid = face.open()
    websocket, _ = face.start_websocket(face.open())
    websocket.client_sends('2probe', '5')
    called = failing(face, 'message', failure)
    assert face.post(sid, '4a').code == 200
    assert called.wait(PATIENCE)
    called.clear()
    websocket.client_sends('4b')
    assert called.wait(PATIENCE)
    wait_until(lambda: len(logged(caplog)) == 2)
    face.record(face.server)
    assert face.post(sid, '4c').code == 200
    websocket.client_sends('4d')
    assert {face.event(), face.event()} == {('message', 'c'), ('message', 'd')}


@pytest.mark.parametrize('failure', FAILURES)
def test_a_disconnect_handler_that_fails_in_any_way_is_logged(face, failure, caplog):
    sid = face.open()
    failing(face, 'disconnect', failure)
    assert face.post(sid, '1').code == 200
    assert [record.exc_info[0] for record in logged(caplog)] == [failure]
    assert face.server.sockets == {}
    assert face.open()


@pytest.mark.parametrize('failure', [KeyboardInterrupt])
def test_ctrl_c_in_a_handler_passes(failure):
    face = SyncFace(async_handlers=False)
    failing(face, 'connect', failure)
    with pytest.raises(KeyboardInterrupt):
        face.request('GET', 'EIO=4&transport=polling')
    assert face.server.sockets == {}
    face.close()


def test_a_background_task_that_exits_ends_alone(caplog):
    def task():
        sys.exit('of the task')

    server = Server(async_mode='threading')
    server.start_background_task(task).join(PATIENCE)

    async def main():
        server = AsyncServer(async_mode='asgi')

        async def async_task():
            await asyncio.sleep(0)
            task()

        assert await server.start_background_task(async_task) is None

    asyncio.run(main())
    assert [str(record.exc_info[1]) for record in caplog.records] == ['of the task'] * 2


def test_a_background_task_that_is_cancelled_before_it_begins_leaves_no_warning(recwarn):
    async def main():
        task = AsyncServer(async_mode='asgi').start_background_task(asyncio.sleep, 1)
        assert 'sleep' in repr(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not recwarn.list


def test_a_function_for_origins_that_exits_refuses(face_of, caplog):
    face = face_of(cors_allowed_origins=lambda origin: sys.exit(2))
    assert face.request('GET', 'EIO=4&transport=polling', HTTP_ORIGIN='http://a.example').code == 400
    assert 'cors_allowed_origins error' in caplog.text


# Cancelled from outside.


@pytest.fixture
def asynchronous():
    face = AsyncFace(async_handlers=False)
    yield face
    face.close()


@pytest.mark.parametrize('transport', ['polling', 'websocket'])
def test_a_request_that_is_cancelled_within_the_connect_handler_leaves_no_session(asynchronous, transport):
    """As Sanic does, and aiohttp with `handler_cancellation`, when the client leaves."""
    face, entered = asynchronous, threading.Event()

    async def connect(sid, environ):
        entered.set()
        await asyncio.Event().wait()

    face.server.on('connect', connect)
    upgrade = {'HTTP_UPGRADE': 'websocket', 'HTTP_CONNECTION': 'Upgrade'} if transport == 'websocket' else {}
    request = face.start('GET', f'EIO=4&transport={transport}', **upgrade)
    assert entered.wait(PATIENCE)
    request.cancel()
    wait_until(lambda: not face.server._requests)
    assert face.server.sockets == {}
    # It was never accepted, so that its end is no news.
    assert face.events.empty()


class Slow:
    """A socket's ``poll`` that says when it is entered and waits to be cancelled."""

    def __init__(self):
        self.entered = threading.Event()

    async def poll(self):
        self.entered.set()
        await asyncio.Event().wait()


def test_a_request_that_is_cancelled_after_the_connect_handler_ends_the_session(asynchronous):
    face, slow = asynchronous, Slow()
    create_socket = face.server._create_socket

    def create_slow_socket(sid):
        socket = create_socket(sid)
        socket.poll = slow.poll
        return socket

    face.server._create_socket = create_slow_socket
    request = face.start('GET', 'EIO=4&transport=polling')
    assert slow.entered.wait(PATIENCE)
    request.cancel()
    assert face.event() == ('disconnect', 'transport close')
    wait_until(lambda: not face.server.sockets)


def run(program, *packages):
    """Runs a program that needs packages which must not be mixed with others in one process."""
    for package in packages:
        pytest.importorskip(package)
    command = [sys.executable, '-c', textwrap.dedent(program)]
    return subprocess.run(command, text=True, capture_output=True, timeout=PATIENCE)


GEVENT = '''
    import io, logging, sys
    import gevent
    from gevent import pywsgi, socket
    from gevent.event import Event
    import engineio_rs

    entered = Event()
    eio = engineio_rs.Server(async_mode='gevent', async_handlers=False)

    @eio.on('connect')
    def connect(sid, environ):
        if 'late' in environ['QUERY_STRING']:
            with gevent.Timeout(0.01):
                gevent.sleep(60)
        if 'never' in environ['QUERY_STRING']:
            entered.set()
            gevent.sleep(60)

    @eio.on('message')
    def message(sid, data):
        if data == 'exit':
            sys.exit(2)
        if data == 'late':
            raise gevent.Timeout(0.01)
        eio.send(sid, data)

    server = pywsgi.WSGIServer(('127.0.0.1', 0), engineio_rs.WSGIApp(eio), log=None)
    server.start()

    def ask(query, body=None):
        with socket.create_connection(('127.0.0.1', server.server_port)) as connection:
            method, length = ('GET', 0) if body is None else ('POST', len(body))
            head = f'{method} /engine.io/?EIO=4&transport=polling{query} HTTP/1.0\\r\\nHost: a\\r\\nContent-Length: {length}'
            connection.sendall(f'{head}\\r\\n\\r\\n{body or ""}'.encode())
            head, _, answer = b''.join(iter(lambda: connection.recv(4096), b'')).partition(b'\\r\\n\\r\\n')
            return head.split()[1].decode(), answer.decode()

    status, opened = ask('')
    sid = opened.split('"')[3]
    print(ask('&late')[0], [each == sid for each in eio.sockets])
    print(ask(f'&sid={sid}', '4late')[0], ask(f'&sid={sid}', '4exit')[0])
    eio.start_background_task(sys.exit, 3).join()
    print(ask(f'&sid={sid}', '4lives')[0], ask(f'&sid={sid}')[1])

    environ = {'REQUEST_METHOD': 'GET', 'QUERY_STRING': 'EIO=4&never', 'wsgi.input': io.BytesIO()}
    request = gevent.spawn(eio.handle_request, environ, print)
    entered.wait()
    request.kill()
    print(request.dead, [each == sid for each in eio.sockets])
'''


def test_gevent_s_timeout_and_an_exit_are_failures_like_others():
    """The end of a greenlet is none: it passes, and leaves no session."""
    result = run(GEVENT, 'gevent')
    assert result.stdout.splitlines() == ['401 [True]', '200 200', '200 4lives', 'True [True]'], result
