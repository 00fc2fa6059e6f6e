"""The body of an answer in WSGI."""

from typing import Any


class Answer(list[bytes]):
    """A list of one ``bytes``, which the web server closes when it has left (PEP 3333).

    Until then the server knows of it, so that ``shutdown`` does not end the process under it.
    """

    __slots__ = ('_server',)

    def __init__(self, server: Any) -> None:
        super().__init__()
        self._server = server
        server._begin(self)

    def close(self) -> None:
        """The answer has left, or never will. To be called by the web server."""
        self._server._end(self)

    def __del__(self) -> None:
        # Somebody did not close it. An event must not be set here: what is collected may be so amid its methods.
        self._server._requests.pop(id(self), None)
