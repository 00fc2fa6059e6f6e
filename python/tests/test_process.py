"""What a process does with a server that fork or the end of the interpreter comes upon while clients are connected."""

import json
import subprocess
import sys
import textwrap
import urllib.request

import pytest
import websocket

PATIENCE = 60

#: Polls within which a ping and an echo have come.
POLLS = 20

#: Servers on a free port, for threads and for asyncio; `host(name)` serves in threads and prints the name and the port.
HOSTS = '''
    import asyncio
    import os
    import signal
    import socket
    import sys
    import threading

    import engineio_rs

    OPTIONS = {'ping_interval': 0.2, 'ping_timeout': 20, 'async_handlers': False}

    def announce(name, port):
        os.write(1, f'{name} {port}\\n'.encode())

    class SyncHost:
        def __init__(self):
            self.eio = engineio_rs.Server(async_mode='threading', **OPTIONS)
            self.eio.on('message', self.eio.send)

        def host(self, name):
            from werkzeug.serving import WSGIRequestHandler, make_server

            class Quiet(WSGIRequestHandler):
                def log(self, *_):
                    pass

            server = make_server('127.0.0.1', 0, engineio_rs.WSGIApp(self.eio), threaded=True, request_handler=Quiet)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            announce(name, server.port)

    class AsyncHost:
        def __init__(self):
            self.eio = engineio_rs.AsyncServer(async_mode='asgi', **OPTIONS)
            self.eio.on('message', self.eio.send)

        def host(self, name):
            import uvicorn

            listener = socket.create_server(('127.0.0.1', 0))
            config = uvicorn.Config(engineio_rs.ASGIApp(self.eio), log_level='error')
            threading.Thread(target=uvicorn.Server(config).run, args=([listener],), daemon=True).start()
            announce(name, listener.getsockname()[1])

    host = {'sync': SyncHost, 'async': AsyncHost}[sys.argv[1]]()
'''

#: The server serves, and is then forked: the child serves what is its own from now on.
FORK = HOSTS + '''
    host.host('parent')
    sys.stdin.readline()
    child = os.fork()
    if child == 0:
        host.host('child')
    sys.stdin.readline()
    if child == 0:
        os._exit(0)
    print('ended', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
'''

#: The server serves, and is forked: the child sends to everybody whom it knows of, and then the parent does.
FORK_AND_SEND = HOSTS + '''
    from engineio_rs import packet

    def send(who):
        async def wait_for(sent):
            return await sent if hasattr(sent, '__await__') else sent

        for socket in sockets:
            socket._post(f'{who}: kept')
        for sid in sids:
            asyncio.run(wait_for(host.eio.send(sid, f'{who}: send')))
            asyncio.run(wait_for(host.eio.send_packet(sid, packet.Packet(packet.MESSAGE, f'{who}: packet'))))
        asyncio.run(wait_for(host.eio.send_many(sids, f'{who}: many')))
        asyncio.run(wait_for(host.eio.broadcast(f'{who}: all')))
        asyncio.run(wait_for(host.eio.disconnect()))

    host.host('parent')
    sys.stdin.readline()
    sids, sockets = list(host.eio.sockets), list(host.eio.sockets.values())
    child = os.fork()
    if child == 0:
        send('child')
        os._exit(0)
    print('ended', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    send('parent')
    sys.stdin.readline()
'''

#: The main thread ends while clients wait, which are in the middle of everything.
EXIT = HOSTS + '''
    host.host('parent')
    sys.stdin.readline()
'''


@pytest.fixture
def run():
    """Starts a script with a face's name as its argument."""
    started = []

    def start(script, *arguments):
        command = [sys.executable, '-c', textwrap.dedent(script), *arguments]
        pipes = {name: subprocess.PIPE for name in ('stdin', 'stdout', 'stderr')}
        started.append(subprocess.Popen(command, text=True, bufsize=1, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


class Client:
    """A client that polls."""

    def __init__(self, process):
        self.name, port = process.stdout.readline().split()
        self.url = f'http://127.0.0.1:{port}/engine.io/?EIO=4&transport=polling'
        self.sid = json.loads(self.request()[1:])['sid']
        self.url += f'&sid={self.sid}'

    def request(self, body=None):
        with urllib.request.urlopen(self.url, data=body, timeout=PATIENCE) as response:
            return response.read().decode()

    def assert_alive(self):
        """Messages come back, and pings come."""
        assert self.request(b'4hello') == 'ok'
        missing = {'2', '4hello'}
        for _ in range(POLLS):
            polled = self.request().split('\x1e')
            missing -= set(polled)
            for _ in filter('2'.__eq__, polled):
                self.request(b'3')
            if not missing:
                return
        raise AssertionError(f'these did not come: {missing}')


def continues(process):
    process.stdin.write('\n')
    process.stdin.flush()


@pytest.mark.parametrize('face', ['sync', 'async'])
def test_after_a_fork_both_processes_serve(run, face):
    process = run(FORK, face)
    before = Client(process)
    before.assert_alive()
    continues(process)
    child = Client(process)
    assert (before.name, child.name) == ('parent', 'child')
    child.assert_alive()
    before.assert_alive()
    # The parent's sessions are none of the child's.
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(child.url.replace(child.sid, before.sid), timeout=PATIENCE)
    out, err = process.communicate('\n\n', timeout=PATIENCE)
    assert (process.returncode, out) == (0, 'ended 0\n')
    (complaint,) = err.splitlines()
    assert complaint.startswith(f'Invalid session {before.sid[:6]}…')


@pytest.mark.parametrize('face', ['sync', 'async'])
def test_a_forked_process_sends_nothing_to_its_parent_s_clients(run, face):
    process = run(FORK_AND_SEND, face)
    _, port = process.stdout.readline().split()
    client = websocket.create_connection(f'ws://127.0.0.1:{port}/engine.io/?EIO=4&transport=websocket', PATIENCE)
    client.recv()
    continues(process)
    assert process.stdout.readline() == 'ended 0\n'
    frames = iter(client.recv, '')
    messages = [frame[1:] for frame in frames if frame.startswith('4')]
    assert messages == [f'parent: {each}' for each in ('kept', 'send', 'packet', 'many', 'all')]
    process.communicate('\n', timeout=PATIENCE)


@pytest.mark.parametrize('face', ['sync', 'async'])
def test_the_interpreter_exits_with_sessions_open(run, face):
    process = run(EXIT, face)
    client = Client(process)
    client.assert_alive()
    out, err = process.communicate('\n', timeout=PATIENCE)
    assert (process.returncode, err) == (0, '')


#: As asyncio.run() cancels what still runs.
CANCELLED = '''
    import asyncio

    import engineio_rs

    async def main():
        eio = engineio_rs.AsyncServer(async_mode='asgi')
        body = []

        async def send(event):
            body.append(event.get('body', b''))

        def request(query, receive):
            headers = [(b'host', b'localhost')]
            scope = {'type': 'http', 'method': 'GET', 'path': '/engine.io/', 'query_string': query, 'headers': headers}
            return asyncio.ensure_future(eio.handle_request(scope, receive, send))

        async def never():
            await asyncio.Event().wait()

        await request(b'EIO=4', never)
        sid = body[1].split(b'"')[3]
        request(b'EIO=4&transport=polling&sid=' + sid, never)
        while not eio.sockets[sid.decode()]._waiters:
            await asyncio.sleep(0)

    asyncio.run(main())
'''


def test_an_event_loop_ends_with_sessions_open(run):
    process = run(CANCELLED)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, '')
