"""The body of an answer that tells a client of the server's end."""

from typing import Any


class Answer(list[bytes]):
    """A list of one ``bytes``, which the web server closes when it has left (PEP 3333).

    Until then the request counts as not answered, so that ``shutdown`` does not end the process under it.
    """

    __slots__ = ('_request', '_server')

    def __init__(self, body: bytes, server: Any, request: Any) -> None:
        super().__init__((body,))
        self._server = server
        self._request = request

    def close(self) -> None:
        """The answer has left, or never will. To be called by the web server."""
        self._server._end(self._request)

    def __del__(self) -> None:
        # Somebody did not close it. An event must not be set here: what is collected may be so amid its methods.
        self._server._requests.discard(self._request)
