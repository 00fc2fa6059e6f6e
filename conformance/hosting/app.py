"""The application that every host serves: `app`, for WSGI or ASGI, and `server`, for hosts that attach it themselves.

It echoes messages, does what some texts tell it, and reports what its handlers are called with on standard output.
"""

import json
import os
import sys

import engineio_rs

MODE = os.environ['ASYNC_MODE']
OPTIONS = {'ping_interval': 0.5, 'ping_timeout': 6, 'async_handlers': False}
OPTIONS.update(json.loads(os.environ.get('SERVER_OPTIONS', '{}')))
GRACE = float(os.environ.get('GRACE', '2'))
IS_ASYNC = MODE in ('asgi', 'aiohttp', 'sanic', 'tornado')
KEPT = (
    'REQUEST_METHOD', 'PATH_INFO', 'QUERY_STRING', 'REMOTE_ADDR', 'REMOTE_PORT', 'SERVER_PORT', 'SERVER_PROTOCOL',
    'SERVER_SOFTWARE', 'wsgi.url_scheme', 'HTTP_COOKIE',
)


def report(event, **details):
    """Tells the tests."""
    sys.stdout.write('@' + json.dumps({'event': event, **details}) + '\n')
    sys.stdout.flush()


def judge(sid, environ):
    """The verdict of the connect handler: what has `reject` in its query is rejected."""
    report('connect', sid=sid, environ={key: environ.get(key) for key in KEPT})
    return {'why': 'because'} if 'reject' in environ['QUERY_STRING'] else None


def steps(sid, data):
    """What a message makes the server do: methods and their arguments."""
    name, _, rest = data.partition(' ') if isinstance(data, str) else ('', '', '')
    if name == 'close':
        yield 'disconnect', sid
    elif name == 'burst':
        for number in range(int(rest)):
            yield 'send', sid, f'burst {number}'
    elif name == 'note':
        report('note', sid=sid, text=rest)
    elif name == 'foreign':
        yield 'foreign', sid, rest
    else:
        yield 'send', sid, data


def start_thread(function):
    """Starts a thread of the operating system, whatever was patched."""
    if 'gevent' in MODE:
        from gevent import monkey

        monkey.get_original('_thread', 'start_new_thread')(function, ())
    elif MODE == 'eventlet':
        from eventlet import patcher

        patcher.original('_thread').start_new_thread(function, ())
    else:
        import threading

        threading.Thread(target=function, daemon=True).start()


def build_sync():
    """The server for WSGI."""
    server = engineio_rs.Server(async_mode=MODE, **OPTIONS)
    server.on('connect', judge)
    server.foreign = lambda sid, text: start_thread(lambda: server.send(sid, text))

    @server.on('message')
    def message(sid, data):
        for method, *arguments in steps(sid, data):
            getattr(server, method)(*arguments)

    @server.on('disconnect')
    def disconnect(sid, reason):
        report('disconnect', sid=sid, reason=reason)

    return server


def build_async():
    """The server for asyncio."""
    import asyncio

    server = engineio_rs.AsyncServer(async_mode=MODE, **OPTIONS)

    async def foreign(sid, text):
        loop = asyncio.get_running_loop()
        start_thread(lambda: asyncio.run_coroutine_threadsafe(server.send(sid, text), loop).result())

    server.foreign = foreign

    @server.on('connect')
    async def connect(sid, environ):
        return judge(sid, environ)

    @server.on('message')
    async def message(sid, data):
        for method, *arguments in steps(sid, data):
            await getattr(server, method)(*arguments)

    @server.on('disconnect')
    async def disconnect(sid, reason):
        report('disconnect', sid=sid, reason=reason)

    return server


server = build_async() if IS_ASYNC else build_sync()
app = engineio_rs.ASGIApp(server, grace=GRACE) if MODE == 'asgi' else None if IS_ASYNC else engineio_rs.WSGIApp(server)
