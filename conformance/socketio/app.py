"""A Socket.IO application as people write them: Flask-SocketIO on werkzeug, or python-socketio in ASGI on uvicorn.

    app.py flask|asgi [--package engineio_rs] [--bind HOST:PORT] [--ping-interval SECONDS] [--ping-timeout SECONDS]
                      [--admin]

Namespace `/` knows the events that the tests send: `echo` acknowledges with what it got, `join`, `leave` and `say`
are about rooms, `ask` has the server wait for an acknowledgement of the client, `quit` disconnects the client, and
`gone` tells the room `observers` who went and why. `--admin` instruments the server for the admin UI.
"""

import argparse
import signal
import socket
import sys

OBSERVERS = 'observers'


def main():
    """Serves until the process is ended."""
    arguments = parse_arguments()
    if arguments.package != 'engineio':
        __import__(arguments.package).install_as_engineio()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, port = arguments.bind.rsplit(':', 1)
    listener = socket.create_server((host, int(port)), backlog=1024)
    options = {'ping_interval': arguments.ping_interval, 'ping_timeout': arguments.ping_timeout}
    APPS[arguments.app](listener, options, arguments.admin)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument('app', choices=['flask', 'asgi'])
    parser.add_argument('--package', default='engineio_rs')
    parser.add_argument('--bind', default='127.0.0.1:0')
    parser.add_argument('--ping-interval', type=float, default=25)
    parser.add_argument('--ping-timeout', type=float, default=20)
    parser.add_argument('--admin', action='store_true')
    return parser.parse_args()


def announce(listener):
    """Says where the server listens."""
    host, port = listener.getsockname()
    print(f'listening on http://{host}:{port}/socket.io/', flush=True)


def flask(listener, options, admin):
    """Flask-SocketIO, with werkzeug's threads."""
    from flask import Flask, request
    from flask_socketio import ConnectionRefusedError, SocketIO, disconnect, emit, join_room, leave_room
    from werkzeug.serving import make_server

    app = Flask(__name__)
    sio = SocketIO(app, async_mode='threading', cors_allowed_origins='*', **options)
    if admin:
        sio.server.instrument(auth=False, server_stats_interval=0.1)

    @app.route('/healthz')
    def health():
        return 'ok'

    @sio.on('connect')
    def connect(auth):
        if auth and auth.get('refuse'):
            raise ConnectionRefusedError('refused', {'because': auth['refuse']})

    @sio.on('disconnect')
    def gone(reason):
        sio.emit('gone', (request.sid, reason), to=OBSERVERS)

    @sio.on('echo')
    def echo(*arguments):
        return list(arguments)

    @sio.on('join')
    def join(room):
        join_room(room)
        return room

    @sio.on('leave')
    def leave(room):
        leave_room(room)
        return room

    @sio.on('say')
    def say(room, *what):
        emit('said', what, to=room)

    @sio.on('ask')
    def ask(question):
        return sio.server.call('question', question, to=request.sid, timeout=60)

    @sio.on('quit')
    def leave_for_good():
        disconnect()

    httpd = make_server(*listener.getsockname(), app, threaded=True, fd=listener.fileno())
    httpd.daemon_threads = True
    announce(listener)
    httpd.serve_forever()


def asgi(listener, options, admin):
    """python-socketio as an ASGI application, with uvicorn."""
    import socketio
    import uvicorn

    sio = socketio.AsyncServer(async_mode='asgi', cors_allowed_origins='*', **options)
    if admin:
        sio.instrument(auth=False, server_stats_interval=0.1)

    async def health(scope, receive, send):
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/plain')]})
        await send({'type': 'http.response.body', 'body': b'ok'})

    @sio.event
    async def connect(sid, environ, auth):
        if auth and auth.get('refuse'):
            raise socketio.exceptions.ConnectionRefusedError('refused', {'because': auth['refuse']})

    @sio.event
    async def disconnect(sid, reason):
        await sio.emit('gone', (sid, reason), to=OBSERVERS)

    @sio.event
    async def echo(sid, *arguments):
        return list(arguments)

    @sio.event
    async def join(sid, room):
        await sio.enter_room(sid, room)
        return room

    @sio.event
    async def leave(sid, room):
        await sio.leave_room(sid, room)
        return room

    @sio.event
    async def say(sid, room, *what):
        await sio.emit('said', what, to=room)

    @sio.event
    async def ask(sid, question):
        return await sio.call('question', question, to=sid, timeout=60)

    @sio.on('quit')
    async def leave_for_good(sid):
        await sio.disconnect(sid)

    config = uvicorn.Config(socketio.ASGIApp(sio, health), log_level='warning')
    announce(listener)
    uvicorn.Server(config).run(sockets=[listener])


APPS = {'flask': flask, 'asgi': asgi}

if __name__ == '__main__':
    main()
