"""Processes: what hosts do when they are told to end while clients are connected, and after a fork."""

import signal
import subprocess
import sys
import textwrap

import pytest
from hosts import PATIENCE
from raw import Connection

#: What they say when they end as they should. A process that died of another signal was aborted.
GRACEFUL = (0, -signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGTERM, 1, 3)


@pytest.mark.decides
def test_the_host_ends_with_clients_connected(start, name):
    process = start(name)
    with Connection(process) as websocket, Connection(process) as poll:
        websocket.websocket()
        websocket.send('4hello')
        assert websocket.next() == '4hello'
        poll.request('EIO=4&transport=polling', {'Connection': 'close'})
        poll.response()
        assert process.end(signal.SIGTERM) in GRACEFUL, process.said()


def test_workers_that_were_forked_keep_their_heartbeats(start):
    """The application is loaded before the fork, so that nothing may be left behind in the parent."""
    process = start('gunicorn-gthread-preload', ping_interval=0.2, ping_timeout=0.5)
    with Connection(process) as connection:
        sid = connection.websocket()['sid']
        assert process.report('disconnect', sid=sid)['reason'] == 'ping timeout'


SCRIPT = '''
    import threading

    import engineio_rs
    from werkzeug.serving import make_server

    eio = engineio_rs.Server(async_mode='threading', ping_interval=0.1, ping_timeout=1)
    connected = threading.Event()

    @eio.on('message')
    def message(sid, data):
        connected.set()
        threading.Event().wait()

    server = make_server('127.0.0.1', 0, engineio_rs.WSGIApp(eio), threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    connected.wait()
'''


def test_the_interpreter_exits_within_a_handler():
    """A daemon thread runs a handler, others wait for the client, and the main thread is done."""
    script = textwrap.dedent(SCRIPT)
    with subprocess.Popen([sys.executable, '-c', script], stdout=subprocess.PIPE, text=True) as child:

        class Process:
            port = int(child.stdout.readline())
            host = type('host', (), {'tls': False})

        with Connection(Process) as connection:
            connection.websocket()
            connection.send('4hello')
            assert child.wait(timeout=PATIENCE) == 0
