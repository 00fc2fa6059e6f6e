"""gunicorn at its end: which connections it still waits for, and what comes before its own handlers of signals."""

import os
import signal
import socket

import engineio_rs as engineio
import pytest
from engineio_rs import _exit, gunicorn_conf
from faces import PATIENCE, wait_until

SENT_LATER = b'more'


@pytest.fixture
def ends():
    """The two ends of a connection."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def server():
    """A server that is shut down after the test."""
    server = engineio.Server(async_mode='threading')
    yield server
    server.shutdown(0)


def answer(server, ends, method='GET', query='EIO=4&transport=polling', **environ):
    """Has a request answered as gunicorn does. Returns the status and what is read from the connection afterwards."""
    ours, theirs = ends
    statuses = []
    request = {'REQUEST_METHOD': method, 'QUERY_STRING': query, 'HTTP_HOST': 'localhost', 'wsgi.url_scheme': 'http'}
    environ = {**request, 'gunicorn.socket': ours, **environ}
    body = server.handle_request(environ, lambda status, _: statuses.append(status[:3]))
    if hasattr(body, 'close'):
        body.close()
    try:
        theirs.sendall(SENT_LATER)
    except BrokenPipeError:
        return statuses[0], b''
    return statuses[0], ours.recv(len(SENT_LATER))


@pytest.mark.parametrize('last', [{'HTTP_CONNECTION': 'Close'}, {'SERVER_PROTOCOL': 'HTTP/1.0'}])
def test_it_need_not_wait_for_a_client_that_has_its_last_answer(server, ends, last):
    assert answer(server, ends, **last) == ('200', b'')


def test_a_connection_that_is_kept_is_left_alone(server, ends):
    assert answer(server, ends, SERVER_PROTOCOL='HTTP/1.1') == ('200', SENT_LATER)


def test_the_rest_of_a_body_that_was_refused_can_be_read(server, ends):
    refused = {'CONTENT_LENGTH': '10', 'HTTP_CONNECTION': 'close'}
    assert answer(server, ends, 'POST', 'EIO=4&transport=polling&sid=unknown', **refused) == ('400', SENT_LATER)


def test_as_it_stops_no_answer_is_followed_by_anything(server, ends, monkeypatch):
    monkeypatch.setattr(_exit, '_stopping', True)
    server.shutdown(0)
    assert answer(server, ends, SERVER_PROTOCOL='HTTP/1.1') == ('503', b'')


class Settings:
    """gunicorn's, of which one is changed."""

    def __init__(self):
        self.changed = []

    def set(self, name, value):
        """Changes one."""
        self.changed.append((name, value))


def test_its_own_handler_comes_when_the_clients_were_told(monkeypatch):
    settings, order = Settings(), []
    monkeypatch.setattr(_exit, 'shut_down', lambda grace: order.append((list(settings.changed), grace)))
    before = signal.signal(signal.SIGUSR1, lambda *_: order.append('handler'))
    try:
        gunicorn_conf._Stop(settings, 3.0).take_over(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        wait_until(lambda: 'handler' in order)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert order == [([('keepalive', 0)], 3.0), 'handler']


@pytest.mark.parametrize(('said', 'grace'), [(None, 2.0), ('', 2.0), ('0.5', 0.5)])
def test_the_environment_says_how_long_the_grace_is(monkeypatch, said, grace):
    monkeypatch.delenv('ENGINEIO_GRACE', raising=False)
    if said is not None:
        monkeypatch.setenv('ENGINEIO_GRACE', said)
    assert _exit.grace() == grace


def test_a_grace_that_is_no_number_is_explained(monkeypatch):
    monkeypatch.setenv('ENGINEIO_GRACE', 'soon')
    with pytest.raises(ValueError, match="ENGINEIO_GRACE is 'soon'; expected a number of seconds"):
        _exit.grace()
