"""Redirects of a handshake that a library sends: followed as those of the native connection, and by nobody else."""

import contextlib
import contextvars
import urllib.parse
from collections.abc import Iterator
from typing import Any

from . import _core, exceptions

#: Statuses that ask for the same again elsewhere.
STATUSES = frozenset({301, 302, 303, 307, 308})

#: Redirects that are followed for one handshake.
MOST = 5


class Redirected(Exception):
    """A response that leads elsewhere. It has what is asked of a response."""

    def __init__(self, status: int, location: str | None) -> None:
        super().__init__(f'the server answered {status}, redirecting to {location!r}')
        self.status = self.status_code = status
        self.headers = {'Location': location}


class Trail:
    """The way of one handshake along redirects: its `url`, and `led` once it was led elsewhere."""

    def __init__(self, url: str, transport: str) -> None:
        self.url = url
        self.led: str | None = None
        self._transport = transport
        self._steps = 0

    def follow(self, response: Any) -> None:
        """Goes where a response leads. Raises ``ConnectionError`` with the target if that is not followed."""
        location = response.headers.get('Location') or ''
        self._steps += 1
        try:
            if self._steps > MOST:
                raise ValueError('after five others')
            self.led = _core.redirected(self.url, location)
        except ValueError as error:
            status = getattr(response, 'status', None) or response.status_code
            raise exceptions.ConnectionError(
                f'Unexpected status code {status} in server response, redirecting to {location}, {error} (redirects are '
                'followed to the same host and port, and from http to https: connect to that URL instead if you trust it)'
            ) from None
        self.url = address(self.led, self.url, self._transport)


def address(led: str, named: str, transport: str) -> str:
    """The URL of a transport at the place that a handshake was led to, with the login of the URL that was named."""
    scheme, rest = led.split('://', 1)
    if transport == 'websocket':
        scheme = scheme.replace('http', 'ws')
    login, at, _ = urllib.parse.urlsplit(named).netloc.rpartition('@')
    return f'{scheme}://{login}{at}{rest}{"&" if "?" in rest else "?"}transport={transport}&EIO=4'


@contextlib.contextmanager
def refused(websocket_class: Any) -> Iterator[dict[str, Any]]:
    """Options of ``websocket.create_connection()``, with which a redirect is ``Redirected`` in the end.

    The library says that there was one, but not where it leads, which the WebSocket knows that it has made.
    """
    made: list[Any] = []

    def make(*args: Any, **kwargs: Any) -> Any:
        made.append(websocket_class(*args, **kwargs))
        return made[-1]

    try:
        yield {'redirect_limit': 0, 'class_': make}
    finally:
        if made and made[0].getstatus() in STATUSES:
            made[0].shutdown()
            raise Redirected(made[0].getstatus(), (made[0].getheaders() or {}).get('location'))


#: Whether the request under way is a client's of ours.
_ours: contextvars.ContextVar[bool] = contextvars.ContextVar('engineio_rs request', default=False)

#: What keeps aiohttp from following redirects, made when it is needed.
_watch: Any = None


@contextlib.contextmanager
def watched(http: Any) -> Iterator[None]:
    """Has requests of this block raise ``Redirected`` where aiohttp would send them elsewhere; the application's own go on as
    they did. WebSockets of aiohttp have no option for that.
    """
    _watch_over(http)
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _watch_over(http: Any) -> None:
    global _watch
    configs = getattr(http, 'trace_configs', None)
    if not isinstance(configs, list):
        return
    if _watch is None:
        import aiohttp

        _watch = aiohttp.TraceConfig()
        _watch.on_request_redirect.append(_stop)
        _watch.freeze()
    if _watch not in configs:
        configs.append(_watch)


async def _stop(session: Any, context: Any, params: Any) -> None:
    if _ours.get():
        params.response.close()
        raise Redirected(params.response.status, params.response.headers.get('Location'))
