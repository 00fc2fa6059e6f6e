"""TLS sockets that two threads may use, which those of the standard library are not for.

python-engineio's client for threads reads its WebSocket in one thread and writes in another. Over TLS both are then
within one connection of OpenSSL, which allows no such thing: before CPython 3.14 a client loses what it waits for,
and now and then the process dies of it (https://github.com/python/cpython/issues/134698). Two threads that do nothing
but read and write one ``ssl.SSLSocket`` against an echo of asyncio's are enough: CPython 3.11.7 crashes in less than a
minute. So that the tests test the hosts, the client is given sockets that take care of it.
"""

import select
import ssl
import threading


class LockedSocket(ssl.SSLSocket):
    """A TLS socket in which no thread waits, and never two are at a time."""

    def __new__(cls, *args, **kwargs):
        created = super().__new__(cls, *args, **kwargs)
        created.lock = threading.Lock()
        created.patience = None
        return created

    def settimeout(self, seconds):
        self.patience = seconds
        with self.lock:
            super().settimeout(seconds)

    def gettimeout(self):
        return self.patience

    def recv(self, size=1024, flags=0):
        return self._until_done(super().recv, size)

    def send(self, data, flags=0):
        return self._until_done(super().send, data)

    def shutdown(self, how):
        with self.lock:
            super().shutdown(how)

    def _until_done(self, call, argument):
        while True:
            try:
                with self.lock:
                    return self._at_once(call, argument)
            except ssl.SSLWantReadError:
                ready = select.select([self], [], [], self.patience)
            except ssl.SSLWantWriteError:
                ready = select.select([], [self], [], self.patience)
            if not any(ready):
                raise TimeoutError('timed out')

    def _at_once(self, call, argument):
        super().settimeout(0)
        try:
            return call(argument)
        finally:
            if self.fileno() >= 0:
                super().settimeout(self.patience)


def locked_context():
    """A context of such sockets, for clients that trust everybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = LockedSocket
    return context
