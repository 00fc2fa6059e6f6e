"""The body of an answer after which something is to be done."""

from typing import Any

from . import _exit
from .async_drivers import _wsgi_hosts


class Answer(list[bytes]):
    """A list of one ``bytes``, which the web server closes when it has left (PEP 3333).

    Until then the request counts as not answered, so that ``shutdown`` does not end the process under it.

    :param is_last: whether the client has nothing more to say on this connection.
    """

    __slots__ = ('_environ', '_is_last', '_request', '_server')

    def __init__(self, body: bytes, environ: dict[str, Any], is_last: bool, server: Any, request: Any) -> None:
        super().__init__((body,))
        self._environ = environ
        self._is_last = is_last
        self._server = server
        self._request = request

    def close(self) -> None:
        """The answer has left, or never will. To be called by the web server."""
        if self._is_last or _exit.is_stopping():
            _wsgi_hosts.end_input(self._environ)
        self._server._end(self._request)

    def __del__(self) -> None:
        # Somebody did not close it. An event must not be set here: what is collected may be so amid its methods.
        self._server._requests.discard(self._request)
