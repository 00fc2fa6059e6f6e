"""A connection on which the tests write bytes of their own."""

import json
import socket
import ssl

from engineio_rs._core import WsCodec

PATIENCE = 60
KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
HANDSHAKE = {
    'Connection': 'Upgrade',
    'Upgrade': 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
}


class Connection:
    """A connection to a host: HTTP first, WebSocket after a handshake."""

    def __init__(self, process):
        self.port = process.port
        self.sock = socket.create_connection(('127.0.0.1', process.port), timeout=PATIENCE)
        self.local_port = self.sock.getsockname()[1]
        if process.host.tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        self.codec = WsCodec('client', max_message_size=10_000_000)
        self.messages = []
        self._data = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def request(self, query, headers=(), method='GET', body=b'', more=b'', path='/engine.io/'):
        """Sends a request, and what is to follow it at once."""
        fields = {'Host': f'127.0.0.1:{self.port}', **dict(headers)}
        if method == 'POST':
            fields.setdefault('Content-Length', str(len(body)))
        head = ''.join(f'{name}: {value}\r\n' for name, value in fields.items())
        self.sock.sendall(f'{method} {path}?{query} HTTP/1.1\r\n{head}\r\n'.encode() + body + more)

    def response(self):
        """The status, the header fields with names in lower case, and the body."""
        head = self._read_until(b'\r\n\r\n').decode('latin-1')
        status, *lines = head.split('\r\n')
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in lines if line)}
        code = int(status.split()[1])
        return code, fields, b'' if code == 101 else self._body(fields)

    def websocket(self, query='', headers=(), more=b''):
        """Opens a session over WebSocket; returns what the open packet says."""
        self.request(f'EIO=4&transport=websocket{query}', {**HANDSHAKE, **dict(headers)}, more=more)
        code, fields, body = self.response()
        assert code == 101, (code, fields, body)
        assert fields['sec-websocket-accept'] == 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
        return json.loads(self.next()[1:])

    def send(self, message):
        """Sends a message of WebSocket."""
        self.sock.sendall(self.codec.frame(message))

    def next(self):
        """The next message that is no ping; ``None`` at the end of the connection."""
        while True:
            while not self.messages and not self.codec.ended:
                data, self._data = self._data, b''
                data = data or self._read()
                if not data:
                    return None
                self.messages += self.codec.receive(data)
            if not self.messages:
                return None
            message = self.messages.pop(0)
            if message != '2':
                return message

    def rest(self):
        """What comes until the connection ends, undecoded."""
        rest = self._data
        while data := self._read():
            rest += data
        return rest

    def _read(self):
        try:
            return self.sock.recv(65536)
        except ConnectionResetError:
            return b''

    def _read_until(self, end):
        while end not in self._data:
            data = self._read()
            assert data, f'the connection ended after {self._data!r}'
            self._data += data
        head, _, self._data = self._data.partition(end)
        return head

    def _body(self, fields):
        if fields.get('transfer-encoding') == 'chunked':
            return b''.join(self._chunks())
        if 'content-length' not in fields:
            return self.rest()
        while len(self._data) < int(fields['content-length']):
            data = self._read()
            assert data, 'the connection ended within a body'
            self._data += data
        length = int(fields['content-length'])
        body, self._data = self._data[:length], self._data[length:]
        return body

    def _chunks(self):
        while size := int(self._read_until(b'\r\n'), 16):
            while len(self._data) < size + 2:
                self._data += self._read()
            chunk, self._data = self._data[:size], self._data[size + 2:]
            yield chunk
        self._read_until(b'\r\n')
