"""What the server does with messages, for sync and async servers alike.

A mode is a generator of steps: the name of a method of the server and its arguments. `run` and `arun` take the steps.
"""

from urllib.parse import parse_qs

MAX_BURST = 100_000
MAX_SEND = 16 << 20


def echo(server, sid, data):
    """Sends each message back as it came."""
    yield 'send', sid, data


def broadcast(server, sid, data):
    """Sends each message to every session."""
    for other in list(server.sockets):
        yield 'send', other, data


def chat(server, sid, data):
    """Sends each message to every session but its sender's."""
    for other in list(server.sockets):
        if other != sid:
            yield 'send', other, data


def commands(server, sid, data):
    """Echo, but for the texts `close`, `burst N` and `send BYTES`, which make the server do so."""
    name, _, number = data.partition(' ') if isinstance(data, str) else ('', '', '')
    if name == 'close' and not number:
        yield 'disconnect', sid
    elif name == 'burst' and number.isdecimal():
        for index in range(min(int(number), MAX_BURST)):
            yield 'send', sid, f'burst {index}'
    elif name == 'send' and number.isdecimal():
        yield 'send', sid, b'\xab' * min(int(number), MAX_SEND)
    else:
        yield 'send', sid, data


MODES = {'echo': echo, 'broadcast': broadcast, 'chat': chat, 'commands': commands}


def judge(environ):
    """The connect handler's verdict and greetings: `reject` in the query refuses, `greet` is sent back."""
    query = parse_qs(environ['QUERY_STRING'], keep_blank_values=True)
    return ('rejected' if 'reject' in query else None), query.get('greet', [])


def install(server, mode):
    """Gives a sync server its handlers."""

    @server.on('connect')
    def connect(sid, environ):
        verdict, greetings = judge(environ) if mode == 'commands' else (None, [])
        for text in greetings:
            server.send(sid, text)
        return verdict

    @server.on('message')
    def message(sid, data):
        for method, *arguments in MODES[mode](server, sid, data):
            try:
                getattr(server, method)(*arguments)
            except Exception as error:  # A session that ended, or cannot carry this message, must not stop the others.
                server.logger.info('no %s: %s', method, error)


def install_async(server, mode):
    """Gives an asyncio server its handlers."""

    @server.on('connect')
    async def connect(sid, environ):
        verdict, greetings = judge(environ) if mode == 'commands' else (None, [])
        for text in greetings:
            await server.send(sid, text)
        return verdict

    @server.on('message')
    async def message(sid, data):
        for method, *arguments in MODES[mode](server, sid, data):
            try:
                await getattr(server, method)(*arguments)
            except Exception as error:  # As above.
                server.logger.info('no %s: %s', method, error)
