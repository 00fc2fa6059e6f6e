"""A program whose threads are greenlets, with a server and clients in one process: who blocks a hub blocks all.

Usage: green_client.py gevent|eventlet native|session TRANSPORTS WHEN, where WHEN is when the library is patched: `first`,
`after-import` or `after-making`. Prints `fine`.
"""

import faulthandler
import sys
import warnings

warnings.simplefilter('ignore')
LIBRARY, KIND, TRANSPORTS, WHEN = sys.argv[1:]
PATIENCE = 60
# Whatever hangs is shown, and ends the program.
faulthandler.dump_traceback_later(PATIENCE * 2, exit=True)


def patch():
    if LIBRARY == 'gevent':
        from gevent import monkey

        monkey.patch_all()
    else:
        import eventlet

        eventlet.monkey_patch()


if WHEN == 'first':
    patch()
import engineio_rs  # noqa: E402

made = engineio_rs.Client(handle_sigint=False) if WHEN == 'after-making' else None
if WHEN != 'first':
    patch()

import queue  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

server = engineio_rs.Server(async_mode=LIBRARY)
server.on('message', lambda sid, data: server.send(sid, data))


@server.on('connect')
def connect(sid, environ):
    # Whoever keeps the hub while it connects keeps it for ever.
    server.sleep(0.05)
    server.send(sid, 'welcome')


def serve():
    application = engineio_rs.WSGIApp(server)
    if LIBRARY == 'gevent':
        from gevent import pywsgi

        listening = pywsgi.WSGIServer(('127.0.0.1', 0), application, log=None)
        listening.start()
        return listening.server_port
    import eventlet
    import eventlet.wsgi

    sock = eventlet.listen(('127.0.0.1', 0))
    eventlet.spawn(eventlet.wsgi.server, sock, application, log_output=False)
    return sock.getsockname()[1]


def session():
    import requests

    return requests.Session()


def in_another_thread(function):
    """Calls a function in a thread of the operating system, with a hub of its own."""
    if LIBRARY == 'gevent':
        import gevent

        return gevent.get_hub().threadpool.apply(function)
    from eventlet import tpool

    return tpool.execute(function)


def new_client():
    options = {'http_session': session()} if KIND == 'session' else {}
    return engineio_rs.Client(handle_sigint=False, request_timeout=PATIENCE, **options)


def converse(client, url):
    ended = queue.Queue()
    client.on('disconnect', ended.put)
    client.connect(url, transports=TRANSPORTS.split('+'))
    assert client.transport() == TRANSPORTS.split('+')[-1]
    waiting = threading.Thread(target=client.wait)
    waiting.start()
    assert client.receive(timeout=PATIENCE) == 'welcome'
    client.send('echo')
    assert client.receive(timeout=PATIENCE) == 'echo'
    assert client.flush(timeout=PATIENCE) is True
    if (LIBRARY, KIND) != ('eventlet', 'session'):
        # Queues and events of eventlet's are for one thread; the native connection has none.
        in_another_thread(lambda: client.send('from another thread'))
    else:
        client.send('from another thread')
    assert client.receive(timeout=PATIENCE) == 'from another thread'
    for _ in range(12):
        # More than the queue holds.
        client.send('x' * 500_000)
    assert [len(client.receive(timeout=PATIENCE)) for _ in range(12)] == [500_000] * 12
    client.disconnect()
    waiting.join(PATIENCE)
    assert not waiting.is_alive() and client.state == 'disconnected'
    assert ended.get(timeout=PATIENCE) == 'client disconnect'


def wait_in_a_handler(url):
    client, came, order = new_client(), threading.Event(), queue.Queue()

    @client.on('message')
    def message(data):
        if data == 'wait':
            assert came.wait(PATIENCE)
        elif data == 'come':
            came.set()
        order.put(data)

    client.connect(url, transports=TRANSPORTS.split('+'))
    client.send('wait')
    client.send('come')
    assert {order.get(timeout=PATIENCE) for _ in range(3)} == {'welcome', 'wait', 'come'}
    client.disconnect()


def give_up(url):
    """A connection that is given up by a time-out of the library's leaves nothing behind."""
    client = new_client()
    if LIBRARY == 'gevent':
        from gevent import Timeout
    else:
        from eventlet import Timeout
    for seconds in (0.001, 0.01, 0.03, 0.06, 0.1):
        try:
            with Timeout(seconds):
                client.connect(url, transports=TRANSPORTS.split('+'))
                client.wait()
        except Timeout:
            pass
        client.disconnect()
        assert client.state == 'disconnected'
    limit = time.monotonic() + PATIENCE
    while server.sockets:
        assert time.monotonic() < limit, server.sockets
        time.sleep(0.01)


address = f'http://127.0.0.1:{serve()}'
others = [threading.Thread(target=converse, args=(new_client(), address)) for _ in range(2)]
for other in others:
    other.start()
converse(made or new_client(), address)
for other in others:
    other.join(PATIENCE)
    assert not other.is_alive()
wait_in_a_handler(address)
give_up(address)
print('fine', flush=True)
faulthandler.cancel_dump_traceback_later()
