"""The servers that host the package: each serves until SIGTERM or SIGINT, then lets the package end its sessions.

Each gets the name of the package and imports it when the host has been prepared.
"""

import asyncio
import importlib
import signal
import socket

import modes

PATH = '/engine.io/'
#: What tells the process to end.
SIGNALS = (signal.SIGTERM, signal.SIGINT)
HEALTH = '/healthz'
#: Tests connect hundreds of times at once. A client that the system forgot for want of room waits for ever.
BACKLOG = 1024


def announce(listener):
    """Says where the server listens, as the tests want to read it first."""
    host, port = listener.getsockname()[:2]
    print(f'listening on http://{host}:{port}{PATH}', flush=True)


def grace(name):
    """How long clients are waited for at the end: long, as a test fails if they come too late. The original does not."""
    return () if name == 'engineio' else (30,)


def listen(address):
    """A listening socket."""
    return socket.create_server(address, backlog=BACKLOG)


def healthy(environ, start_response):
    """The application beside the endpoint."""
    found = environ['PATH_INFO'] == HEALTH
    start_response('200 OK' if found else '404 Not Found', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok' if found else b'no']


def sync_app(name, options, mode):
    """A sync server and its WSGI application."""
    package = importlib.import_module(name)
    server = package.Server(**options)
    modes.install(server, mode)
    return server, package.WSGIApp(server, healthy)


def werkzeug(name, options, mode, address):
    """Hosts with werkzeug, a thread for each connection."""
    import threading

    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log(self, *_):
            """Nothing: thousands of lines would drown what matters."""

    server, app = sync_app(name, {'async_mode': 'threading', **options}, mode)
    listener = listen(address)
    httpd = make_server(*address, app, threaded=True, request_handler=Quiet, fd=listener.fileno())
    httpd.daemon_threads = True
    # For all threads that are to come, so that the signal waits until this one asks for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    announce(listener)
    signal.sigwait(SIGNALS)
    server.shutdown(*grace(name))
    httpd.shutdown()


def gevent(name, options, mode, address):
    """Hosts with gevent.pywsgi, everything monkeypatched, as its users do."""
    from gevent import monkey

    monkey.patch_all()
    import gevent
    from gevent.pywsgi import WSGIServer

    server, app = sync_app(name, {'async_mode': 'gevent', **options}, mode)
    httpd = WSGIServer(address, app, backlog=BACKLOG, log=None)
    httpd.init_socket()
    announce(httpd.socket)

    def end():
        server.shutdown(*grace(name))
        httpd.stop()

    for number in SIGNALS:
        gevent.signal_handler(number, gevent.spawn, end)
    httpd.serve_forever()


async def healthy_asgi(scope, receive, send):
    """The application beside the endpoint."""
    if scope['type'] == 'websocket':
        await receive()
        return await send({'type': 'websocket.close'})
    found = scope['path'] == HEALTH
    headers = [(b'content-type', b'text/plain'), (b'content-length', b'2')]
    await send({'type': 'http.response.start', 'status': 200 if found else 404, 'headers': headers})
    await send({'type': 'http.response.body', 'body': b'ok' if found else b'no'})


def uvicorn(name, options, mode, address):
    """Hosts with uvicorn."""
    import uvicorn

    package = importlib.import_module(name)
    server = package.AsyncServer(async_mode='asgi', **options)
    modes.install_async(server, mode)

    listener = listen(address)

    class Host(uvicorn.Server):
        async def startup(self, sockets=None):
            """What it opens for itself is there by the time that the tests count."""
            await super().startup(sockets)
            announce(listener)

        async def shutdown(self, sockets=None):
            """While the host still serves: afterwards there is nobody left to tell."""
            await server.shutdown(*grace(name))
            await super().shutdown(sockets)

    config = uvicorn.Config(
        package.ASGIApp(server, healthy_asgi),
        log_level='error',
        timeout_graceful_shutdown=1,
        # Engine.IO has pings of its own, and the limit is the server's.
        ws_ping_interval=None,
        ws_max_size=options.get('max_http_buffer_size', 1_000_000),
        ws_per_message_deflate=False,
    )
    # Once it has ended, uvicorn raises the signal again that told it to.
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    Host(config).run(sockets=[listener])


def aiohttp(name, options, mode, address):
    """Hosts with aiohttp."""
    from aiohttp import web

    package = importlib.import_module(name)
    server = package.AsyncServer(async_mode='aiohttp', **options)
    modes.install_async(server, mode)
    app = web.Application()
    server.attach(app)

    async def health(_):
        return web.Response(text='ok')

    async def serve():
        ended = asyncio.Event()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        listener = listen(address)
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        announce(listener)
        await ended.wait()
        # While the host still serves: afterwards there is nobody left to tell.
        await server.shutdown(*grace(name))
        await runner.cleanup()

    app.router.add_get(HEALTH, health)
    asyncio.run(serve())


def tornado(name, options, mode, address):
    """Hosts with Tornado."""
    import tornado.httpserver
    import tornado.web

    package = importlib.import_module(name)
    driver = importlib.import_module(f'{name}.async_drivers.tornado')

    class Health(tornado.web.RequestHandler):
        def get(self):
            self.write('ok')

    async def serve():
        server = package.AsyncServer(async_mode='tornado', **options)
        modes.install_async(server, mode)
        routes = [(PATH, driver.get_tornado_handler(server)), (HEALTH, Health)]
        httpd = tornado.httpserver.HTTPServer(tornado.web.Application(routes))
        listener = listen(address)
        listener.setblocking(False)
        httpd.add_socket(listener)
        announce(listener)
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
        httpd.stop()
        await server.shutdown(*grace(name))

    asyncio.run(serve())


HOSTS = {'werkzeug': werkzeug, 'gevent': gevent, 'uvicorn': uvicorn, 'aiohttp': aiohttp, 'tornado': tornado}
