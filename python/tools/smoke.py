"""Tries the installed wheel on the interpreter that runs this: a handshake, a message and its echo by polling."""

import io
import json
import platform

import engineio_rs


def main():
    """Ends with an exception unless a session can be opened and a message comes back."""
    server = engineio_rs.Server(async_mode='threading', async_handlers=False)
    server.on('message', lambda sid, data: server.send(sid, data))
    opened = request(server, 'GET')
    sid = json.loads(opened[1:])['sid']
    assert request(server, 'POST', sid, b'4hello\x1ebAQID') == 'ok'
    assert request(server, 'GET', sid) == '4hello\x1ebAQID'
    server.shutdown()
    print(f'{platform.python_implementation()} {platform.python_version()}: ok')


def request(server, method, sid='', body=b''):
    """The text of the server's reply to a request of a polling client."""
    query = 'EIO=4&transport=polling' + (f'&sid={sid}' if sid else '')
    environ = {
        'REQUEST_METHOD': method,
        'PATH_INFO': '/engine.io/',
        'QUERY_STRING': query,
        'CONTENT_LENGTH': str(len(body)),
        'wsgi.input': io.BytesIO(body),
    }
    statuses = []
    reply = b''.join(server.handle_request(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ['200 OK'], (statuses, reply)
    return reply.decode()


if __name__ == '__main__':
    main()
