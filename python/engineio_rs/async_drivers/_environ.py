"""What the environments that async servers' requests are translated to have in common."""

import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Protocol

Environ = dict[str, Any]


class Body(Protocol):
    """The body of a request."""

    async def read(self, length: int | None = None) -> bytes:
        """Reads so many bytes, or all; less only at the end."""


class ReceivedBody:
    """A body that is all there."""

    def __init__(self, data: bytes | None) -> None:
        self._data = data or b''

    async def read(self, length: int | None = None) -> bytes:
        """See ``Body``."""
        end = len(self._data) if length is None else length
        data, self._data = self._data[:end], self._data[end:]
        return data


def base_environ(software: str, body: Any) -> Environ:
    """What stands in every environment."""
    return {
        'wsgi.input': body,
        'wsgi.errors': sys.stderr,
        'wsgi.version': (1, 0),
        'wsgi.async': True,
        'wsgi.multithread': False,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
        'SERVER_SOFTWARE': software,
        'SCRIPT_NAME': '',
    }


def spellings(endpoint: str) -> list[str]:
    """The paths of a route: with and without the slash at its end."""
    return list(dict.fromkeys([endpoint, endpoint.rstrip('/') or '/']))


def add_headers(environ: Environ, headers: Iterable[tuple[str, Any]]) -> None:
    """Adds the request's headers. Those of the same name are joined.

    Names with ``_`` are left out: an environment cannot tell them from those with ``-``, which proxies set or remove.
    """
    for name, value in headers:
        if '_' in name:
            continue
        key = _key_of(name)
        if key in environ and key.startswith('HTTP_'):
            value = f'{environ[key]}{"; " if key == "HTTP_COOKIE" else ","}{value}'
        environ[key] = value


@lru_cache(maxsize=256)
def _key_of(name: str) -> str:
    """The key of a header; the same few come all the time."""
    key = name.upper().replace('-', '_')
    return key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'


def add_addresses(environ: Environ, client: Any, server: Any) -> None:
    """Adds the addresses of both ends of the connection: pairs of host and port, as sockets have them."""
    environ['REMOTE_ADDR'], environ['REMOTE_PORT'] = _host_and_port(client, '127.0.0.1')
    environ['SERVER_NAME'], environ['SERVER_PORT'] = _host_and_port(server, environ['SERVER_SOFTWARE'])


def add_scheme(environ: Environ, scheme: str) -> None:
    """Adds the URL's scheme as the connection has it, ``http`` or ``https``."""
    environ['wsgi.url_scheme'] = 'https' if scheme in ('https', 'wss') else 'http'


def _host_and_port(address: Any, unknown: str) -> tuple[str, str]:
    """A connection over a Unix socket has no addresses."""
    if isinstance(address, (tuple, list)) and len(address) >= 2 and isinstance(address[0], str):
        return address[0], str(address[1] or 0)
    return unknown, '0'
