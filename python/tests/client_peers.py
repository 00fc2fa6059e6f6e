"""The servers, the TLS relay and the HTTP proxy that clients are tested with; each is a process or a thread."""

import contextlib
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFORMANCE = ROOT / 'conformance'
BINARY = os.environ.get('ENGINEIO_BIN', ROOT / 'target' / 'release' / 'engineio')
PATIENCE = 60

#: By name, the command of a server that knows the flags of `engineio serve` and the commands of its mode `commands`.
SERVERS = {
    'rust': [BINARY, 'serve', '--log', 'error'],
    'node': ['node', CONFORMANCE / 'servers' / 'node.js'],
    'python-engineio-threading': [sys.executable, CONFORMANCE / 'servers' / 'python.py', 'threading'],
    'python-engineio-asgi': [sys.executable, CONFORMANCE / 'servers' / 'python.py', 'asgi'],
    'ours-werkzeug': [sys.executable, CONFORMANCE / 'hosts' / 'serve.py', 'werkzeug', '--log', 'error'],
    'ours-uvicorn': [sys.executable, CONFORMANCE / 'hosts' / 'serve.py', 'uvicorn', '--log', 'error'],
}


class Server:
    """A running server: its `url` and `port`."""

    def __init__(self, name, *flags, port=0):
        command = [*SERVERS[name], '--bind', f'127.0.0.1:{port}', '--mode', 'commands', *flags]
        # Out of this directory: its modules are not for the server.
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CONFORMANCE)
        line = self._process.stdout.readline()
        assert 'http://' in line, f'{name} does not listen: {line!r}'
        self.url = 'http://' + line.split('http://')[1].split('/')[0]
        self.port = int(self.url.rsplit(':', 1)[1])

    def kill(self):
        """Ends it without any farewell."""
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


@contextlib.contextmanager
def running(name, *flags):
    """Runs a server."""
    server = Server(name, *flags)
    try:
        yield server
    finally:
        server.kill()


class Certificates:
    """A private CA, and what it has issued for a server and for a client: paths of PEM files in a directory."""

    def __init__(self, directory):
        self.directory = directory
        self._issue('ca', '/CN=private CA', 'basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign')
        leaf = 'basicConstraints=critical,CA:FALSE'
        self._issue('server', '/CN=localhost', leaf, 'subjectAltName=DNS:localhost,IP:127.0.0.1', by='ca')
        self._issue('client', '/CN=client', leaf, 'extendedKeyUsage=clientAuth', by='ca')

    def file(self, name):
        """The path of a file such as `ca.crt`."""
        return str(self.directory / name)

    def _issue(self, name, subject, *extensions, by=None):
        words = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
        words += ['-subj', subject, '-days', '2', '-keyout', self.file(f'{name}.key'), '-out', self.file(f'{name}.crt')]
        words += ['-CA', self.file(f'{by}.crt'), '-CAkey', self.file(f'{by}.key')] if by else []
        words += [word for extension in extensions for word in ('-addext', extension)]
        subprocess.run(words, check=True, capture_output=True)


class TlsRelay:
    """Ends TLS in front of a server, for clients with a certificate of the CA. `clients` are the names it has seen."""

    def __init__(self, certificates, target):
        self.clients = []
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.file('server.crt'), certificates.file('server.key'))
        self._context.load_verify_locations(certificates.file('ca.crt'))
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'https://localhost:{self._listener.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Takes no more connections."""
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            inbound = self._context.wrap_socket(connection, server_side=True)
            subject = dict(pair[0] for pair in inbound.getpeercert()['subject'])
            self.clients.append(subject['commonName'])
            outbound = socket.create_connection(('127.0.0.1', self._target))
            threading.Thread(target=_copy, args=(outbound, inbound), daemon=True).start()
            _copy(inbound, outbound)


def _copy(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class HttpProxy:
    """npm proxy-chain: its `url`, and `seen()`, the requests so far."""

    def __init__(self):
        command = ['node', CONFORMANCE / 'servers' / 'proxy.js']
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CONFORMANCE)
        self.url = self._process.stdout.readline().split()[-1]

    def seen(self):
        """The next request that it has seen, as in `CONNECT host:port`."""
        return self._process.stdout.readline().strip()

    def close(self):
        """Ends it."""
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
