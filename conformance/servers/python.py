"""python-engineio as a server for clients to be tested with: `python.py asgi|threading [FLAG]...`.

Knows the flags of `engineio serve` that tests use, and the commands of its mode `commands`.
"""

import argparse
import socket

import engineio


def seconds(text):
    """A duration such as `300ms` or `25s`."""
    return float(text[:-2]) / 1000 if text.endswith('ms') else float(text[:-1])


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('hosting', choices=HOSTINGS)
    parser.add_argument('--bind', default='127.0.0.1:0')
    parser.add_argument('--mode', choices=['commands'], default='commands')
    parser.add_argument('--ping-interval', type=seconds, default=25)
    parser.add_argument('--ping-timeout', type=seconds, default=20)
    parser.add_argument('--max-payload', type=int, default=1_000_000)
    parser.add_argument('--transports', default='polling,websocket')
    parser.add_argument('--no-upgrades', action='store_true')
    parser.add_argument('--cookie')
    return parser.parse_args()


def options(args):
    """The options of a server. One handler at a time: otherwise replies overtake each other."""
    return {
        'ping_interval': args.ping_interval,
        'ping_timeout': args.ping_timeout,
        'max_http_buffer_size': args.max_payload,
        'transports': args.transports.split(','),
        'allow_upgrades': not args.no_upgrades,
        'cookie': args.cookie,
        'async_handlers': False,
    }


def replies(message):
    """What is sent back for a message; None: the session is to end."""
    if message == 'close':
        return None
    name, _, number = message.partition(' ') if isinstance(message, str) else ('', '', '')
    if name == 'burst':
        return [f'burst {index}' for index in range(int(number))]
    if name == 'send':
        return [b'\xab' * int(number)]
    return [message]


def listen(args):
    """A listening socket; says where it is."""
    host, _, port = args.bind.rpartition(':')
    listener = socket.create_server((host, int(port)), backlog=1024)
    print(f'listening on http://{host}:{listener.getsockname()[1]}/engine.io/', flush=True)
    return listener


def serve_asgi(args):
    """`AsyncServer` on uvicorn."""
    import uvicorn

    server = engineio.AsyncServer(async_mode='asgi', **options(args))

    @server.on('connect')
    async def connect(sid, environ):
        return 'reject' not in environ['QUERY_STRING']

    @server.on('message')
    async def message(sid, data):
        answer = replies(data)
        if answer is None:
            await server.disconnect(sid)
        for one in answer or []:
            await server.send(sid, one)

    listener = listen(args)
    config = uvicorn.Config(engineio.ASGIApp(server), log_level='warning')
    uvicorn.Server(config).run(sockets=[listener])


def serve_threading(args):
    """`Server` on werkzeug, whose WebSockets are those of simple-websocket."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        """A silent handler that keeps connections."""

        protocol_version = 'HTTP/1.1'

        def log_request(self, *_):
            pass

    server = engineio.Server(async_mode='threading', **options(args))

    @server.on('connect')
    def connect(sid, environ):
        return 'reject' not in environ['QUERY_STRING']

    @server.on('message')
    def message(sid, data):
        answer = replies(data)
        if answer is None:
            server.disconnect(sid)
        for one in answer or []:
            server.send(sid, one)

    listener = listen(args)
    host, port = listener.getsockname()
    app = engineio.WSGIApp(server)
    make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno()).serve_forever()


HOSTINGS = {'asgi': serve_asgi, 'threading': serve_threading}

if __name__ == '__main__':
    arguments = parse()
    HOSTINGS[arguments.hosting](arguments)
