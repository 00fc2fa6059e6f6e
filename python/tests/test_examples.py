"""Programs for the documented API, written for python-engineio: with `install_as_engineio()` they run as they are."""

import json
import pathlib
import subprocess
import sys
import textwrap

import pytest
import engineio_rs

PATIENCE = 60
EXAMPLES = pathlib.Path(__file__).parent / 'examples'

HOST = '''
    import importlib
    import sys
    import threading

    import engineio_rs

    engineio_rs.install_as_engineio()
    sys.path.insert(0, sys.argv[1])
    example = importlib.import_module(sys.argv[2])

    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_):
            pass

    server = make_server('127.0.0.1', 0, example.app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.readline()
    example.eio.shutdown()
    if example.__name__ == 'tasks':
        example.task.join()
        assert example.done.is_set()
'''


@pytest.fixture
def serve():
    """Starts an example. Returns its URL, and a function that ends it and returns what it printed."""
    started = []

    def start(name):
        command = [sys.executable, '-c', textwrap.dedent(HOST), str(EXAMPLES), name]
        pipes = {stream: subprocess.PIPE for stream in ('stdin', 'stdout', 'stderr')}
        process = subprocess.Popen(command, text=True, bufsize=1, **pipes)
        started.append(process)
        url = f'http://127.0.0.1:{int(process.stdout.readline())}'

        def end():
            out, err = process.communicate('\n', timeout=PATIENCE)
            assert (process.returncode, err) == (0, '')
            return out

        return url, end

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(params=['polling', 'websocket'])
def connect(request):
    """Connects clients; those of `install_as_engineio()` too are `engineio_rs.Client`."""
    clients = []

    def connect_one(url, path='engine.io'):
        client = engineio_rs.Client(handle_sigint=False)
        client.connect(url, transports=[request.param], engineio_path=path)
        clients.append(client)
        return client

    yield connect_one
    for client in clients:
        client.disconnect()


def test_the_chat(serve, connect):
    url, end = serve('chat')
    first, second = connect(url), connect(url)
    sids = first.sid, second.sid
    first.send('hello')
    assert first.receive(PATIENCE) == 'Echo: hello'
    first.send('who am I')
    assert first.receive(PATIENCE) == {'user_id': 123, 'preferences': {'theme': 'dark'}}
    first.send('how')
    assert first.receive(PATIENCE) == first.transport()
    first.send('all')
    assert [client.receive(PATIENCE) for client in (first, second)] == ['to all', 'to all']
    second.send('leave')
    with pytest.raises(EOFError):
        second.receive(PATIENCE)
    out = end().splitlines()
    assert sorted(out) == sorted(f'Client {sid} {event}' for sid in sids for event in ('connected', 'disconnected'))


def test_the_tasks(serve, connect):
    url, end = serve('tasks')
    client = connect(url)
    client.send('a')
    assert client.receive(PATIENCE) == 'hi a'
    client.send('b')
    assert client.receive(PATIENCE) == 'hi b'
    client.disconnect()
    assert end() == ''
