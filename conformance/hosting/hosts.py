"""The hosts: how each is started, and what it is known not to do."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 60


@dataclass
class Host:
    """A way to host the application."""

    #: The async mode.
    mode: str
    #: The command, with `{port}`, `{cert}` and `{key}`. `serve` and a name: what `serve.py` does.
    command: str
    tls: bool = False
    #: The environment with its packages.
    venv: str = 'HOSTS_PYTHON'
    #: Whether its parser reads on behind the request, and keeps what it got for itself.
    swallows_early_frames: bool = False
    #: Whether it decodes bodies in chunks. uWSGI leaves that to applications, which are then bound to it.
    reads_chunks: bool = True
    #: Whether it reads all of a body before it asks the application.
    buffers_bodies: bool = False
    #: Whether a body over TLS that comes too slowly may end the connection without an answer: OpenSSL gives a connection
    #: up whose input was cut off.
    ends_slow_tls: bool = False
    #: Whether it answers, and ends, a request only when it has read the whole body.
    answers_after_bodies: bool = False
    #: The status that it answers rejected WebSocket handshakes with. Most let the application say.
    rejection_status: int = 401
    #: Whether it drops messages of no bytes.
    drops_empty_messages: bool = False
    #: Whether it closes WebSockets with whatever code the application says.
    says_close_codes: bool = True
    #: Whether its clients are told when a signal ends it.
    stops: bool = False
    #: Whether it accepts connections until they have been told.
    listens_to_the_end: bool = True
    environment: dict = field(default_factory=dict)

    @property
    def reads_until_closed(self):
        """Whether messages arrive that a client sends before it answers the close frame.

        Web servers on asyncio take none from a WebSocket that the application has closed.
        """
        return self.mode not in ('asgi', 'aiohttp', 'sanic', 'tornado')

    @property
    def traits(self):
        """What the clients of JavaScript need to know."""
        return {'dropsEmptyMessages': self.drops_empty_messages, 'saysCloseCodes': self.says_close_codes}

    def build(self, port, certificate):
        """The command line."""
        python = os.environ.get(self.venv, sys.executable)
        words = self.command.format(port=port, cert=certificate[0], key=certificate[1]).split()
        if words[0] == 'serve':
            return [python, str(HERE / 'serve.py'), *words[1:]]
        if words[0] == 'uwsgi':
            return [str(Path(python).parent / 'uwsgi'), *words[1:]]
        return [python, '-m', *words]


GUNICORN = (
    'gunicorn app:app --bind 127.0.0.1:{port} --log-level warning --config python:engineio_rs.gunicorn_conf --worker-class'
)
UVICORN = 'uvicorn app:app --port {port} --log-level warning'
# It ends the connection after each response, and does not say so by itself: a client that keeps connections then loses
# the request that it sends on one that is just being ended, and POSTs are not to be sent again.
UWSGI = (
    'uwsgi --http-socket 127.0.0.1:{port} --module app:app --master --disable-logging --die-on-term --need-app'
    ' --add-header Connection:close'
)

HOSTS = {
    'werkzeug': Host('threading', 'serve werkzeug {port}', stops=True, listens_to_the_end=False),
    'werkzeug-tls': Host('threading', 'serve werkzeug {port} {cert} {key}', tls=True, ends_slow_tls=True),
    'gunicorn-gthread': Host('threading', f'{GUNICORN} gthread --threads 100', stops=True),
    'gunicorn-gthread-preload': Host('threading', f'{GUNICORN} gthread --threads 100 --preload', stops=True),
    'gunicorn-gthread-tls': Host(
        'threading',
        f'{GUNICORN} gthread --threads 100 --certfile {{cert}} --keyfile {{key}}',
        tls=True,
        ends_slow_tls=True,
    ),
    'gunicorn-gevent': Host('gevent', f'{GUNICORN} gevent', stops=True),
    'gevent': Host('gevent', 'serve gevent {port}'),
    'gevent-unpatched': Host('gevent', 'serve gevent_unpatched {port}'),
    'gevent-tls': Host('gevent', 'serve gevent {port} {cert} {key}', tls=True),
    'eventlet': Host('eventlet', 'serve eventlet {port}', venv='HOSTS_PYTHON_EVENTLET'),
    'uwsgi-gevent': Host(
        'gevent_uwsgi',
        f'{UWSGI} --gevent 200',
        swallows_early_frames=True,
        reads_chunks=False,
    ),
    'uwsgi-threads': Host(
        'threading',
        # It gives up itself when nothing of a body comes for 4 s, unless told otherwise.
        f'{UWSGI} --threads 100 --enable-threads --socket-timeout 30',
        swallows_early_frames=True,
        reads_chunks=False,
    ),
    'uvicorn': Host('asgi', UVICORN, stops=True),
    'uvicorn-tls': Host('asgi', f'{UVICORN} --timeout-graceful-shutdown 2 --ssl-certfile {{cert}} --ssl-keyfile {{key}}', tls=True),
    'hypercorn': Host('asgi', 'hypercorn app:app --bind 127.0.0.1:{port} --log-level warning', stops=True),
    'daphne': Host(
        'asgi',
        'daphne --port {port} --verbosity 0 --websocket-max-message-size 2000000 --websocket-max-frame-size 2000000 app:app',
        buffers_bodies=True,
        rejection_status=403,
        drops_empty_messages=True,
        says_close_codes=False,
        stops=True,
    ),
    'cheroot': Host('threading', 'serve cheroot {port}', answers_after_bodies=True),
    'django-runserver': Host('threading', 'serve django {port}', reads_chunks=False),
    'django-wsgi': Host('threading', f'{GUNICORN} gthread --threads 100'.replace('app:app', 'django_site'), stops=True),
    'django-asgi': Host('asgi', UVICORN.replace('app:app', 'django_site:application'), stops=True),
    'fastapi': Host('asgi', UVICORN.replace('app:app', 'fastapi_site:application'), stops=True),
    'aiohttp': Host('aiohttp', 'serve aiohttp {port}', stops=True),
    'tornado': Host('tornado', 'serve tornado {port}', buffers_bodies=True),
    'sanic': Host('sanic', 'serve sanic {port}', buffers_bodies=True, stops=True),
}


class Process:
    """A host that runs, until it is stopped."""

    def __init__(self, host, certificate, **options):
        self.host = host
        self.port = free_port()
        scheme = 'https' if host.tls else 'http'
        self.url = f'{scheme}://127.0.0.1:{self.port}'
        self.lines = deque()
        self.log = deque(maxlen=400)
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            host.build(self.port, certificate),
            cwd=HERE,
            env={**os.environ, **_environment(host, options)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        # uWSGI writes what its applications print among its own lines.
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=lambda s=stream: [self._take(line) for line in s], daemon=True).start()
        self._wait_until_it_listens()

    def _take(self, line):
        with self._news:
            (self.lines if line.startswith('@') else self.log).append(line)
            self._news.notify_all()

    def reports(self, event):
        """What the application has reported of an event so far."""
        return [report for report in self._all_reports() if report['event'] == event]

    def told(self, sid):
        """What it has reported of a session after it was connected, in order."""
        return [report for report in self._all_reports() if report['sid'] == sid and report['event'] != 'connect']

    def _all_reports(self):
        with self._news:
            return [json.loads(line[1:]) for line in self.lines]

    def report(self, event, **wanted):
        """Waits for a report."""
        # What comes between the look and the wait would be missed without the lock.
        with self._news:
            assert self._news.wait_for(lambda: self._find(event, wanted), PATIENCE), f'no {event} {wanted}\n{self.said()}'
            return self._find(event, wanted)

    def _find(self, event, wanted):
        for found in self.reports(event):
            if all(found[key] == value for key, value in wanted.items()):
                return found
        return None

    def said(self):
        """What it has logged."""
        return ''.join(self.log)

    def end(self, number):
        """Sends a signal and waits for the end. Returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def stop(self):
        """Ends it and what it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    def _wait_until_it_listens(self):
        try:
            wait_until_it_listens(self.process, self.port)
        except RuntimeError as error:
            self.stop()
            raise RuntimeError(f'{error}\n{self.said()}') from None


def wait_until_it_listens(process, port):
    """Waits until a process listens on a port. Raises ``RuntimeError`` if it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f'{process.args} does not listen')


def _environment(host, options):
    return {'ASYNC_MODE': host.mode, 'SERVER_OPTIONS': json.dumps(options), 'PYTHONPATH': _python_path(), **host.environment}


def _python_path():
    """uWSGI does not know the environment it was installed in."""
    return os.pathsep.join([str(HERE), *filter(None, [os.environ.get('PYTHONPATH')])])


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]
