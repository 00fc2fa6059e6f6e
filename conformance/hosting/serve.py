"""serve.py HOST PORT [CERTIFICATE KEY]: hosts `app` with a server that has no command of its own."""

import signal
import sys


def werkzeug(port, *certificate):
    """werkzeug, a thread for each request."""
    from app import app
    from werkzeug.serving import WSGIRequestHandler, run_simple

    class Handler(WSGIRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log_request(self, *_):
            """Nothing: only what goes wrong matters."""

    # Otherwise it ends the process at once; so it does with Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    context = tuple(certificate) or None
    run_simple('127.0.0.1', port, app, threaded=True, ssl_context=context, request_handler=Handler)


def gevent(port, *certificate):
    """gevent's own server."""
    from gevent import monkey

    monkey.patch_all()
    from gevent.pywsgi import WSGIServer

    from app import app

    options = dict(zip(('certfile', 'keyfile'), certificate, strict=True)) if certificate else {}
    WSGIServer(('127.0.0.1', port), app, log=None, **options).serve_forever()


def gevent_unpatched(port):
    """gevent's own server, with the standard library as it is."""
    from gevent.pywsgi import WSGIServer

    from app import app

    WSGIServer(('127.0.0.1', port), app, log=None).serve_forever()


def eventlet(port):
    """eventlet's own server."""
    import eventlet
    from eventlet import wsgi

    from app import app

    wsgi.server(eventlet.listen(('127.0.0.1', port)), app, log_output=False)


def cheroot(port):
    """CherryPy's server."""
    from app import app
    from cheroot.wsgi import Server

    Server(('127.0.0.1', port), app, numthreads=100).safe_start()


def django(port):
    """Django's `runserver`."""
    import django_site  # noqa: F401
    from django.core.management import execute_from_command_line

    execute_from_command_line(['manage.py', 'runserver', f'127.0.0.1:{port}', '--noreload', '--skip-checks'])


def aiohttp(port):
    """aiohttp's server."""
    from aiohttp import web

    from app import GRACE, server

    application = web.Application()
    server.attach(application, grace=GRACE)
    web.run_app(application, host='127.0.0.1', port=port, print=None, access_log=None)


def tornado(port):
    """Tornado's server."""
    import asyncio

    import tornado.web
    from app import server

    import engineio_rs.async_drivers.tornado as driver

    async def serve():
        routes = [(r'/engine.io/', driver.get_tornado_handler(server))]
        tornado.web.Application(routes, xsrf_cookies=True).listen(port, '127.0.0.1')
        await asyncio.Event().wait()

    asyncio.run(serve())


def sanic(port):
    """Sanic's server."""
    from app import GRACE, server
    from sanic import Sanic

    application = Sanic('hosted', configure_logging=False)
    server.attach(application, grace=GRACE)
    application.run('127.0.0.1', port, single_process=True, access_log=False, motd=False)


if __name__ == '__main__':
    host, number, *files = sys.argv[1:]
    globals()[host](int(number), *files)
