"""Requests by the library of that name, bounded in bytes while they are read."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

from . import _answers

#: Bytes that are asked for at a time.
_PIECE = 64 << 10


class Answering:
    """A request, and its answer until it was read.

    :param send: makes the request: returns the response, or what went wrong.
    :param limit: most bytes of the answer's body, decoded.
    """

    def __init__(self, send: Callable[[], Any], limit: int) -> None:
        self._send = send
        self._limit = limit
        self._response: Any = None
        self._given_up = False

    def run(self) -> _answers.Answer:
        """Makes the request. Returns the answer. Raises ``OSError`` for whatever goes wrong on the way."""
        response = self._response = self._send()
        if isinstance(response, str):
            raise OSError(response)
        with contextlib.closing(response), _as_os_errors():
            return self._read(response)

    def _read(self, response: Any) -> _answers.Answer:
        body = _answers.Body(response.status_code, response.headers, self._limit)
        while not self._given_up:
            piece = response.raw.read(_PIECE, decode_content=False)
            if not piece or not body.add(piece):
                return body.finish()
        raise TimeoutError('the request was given up')

    def give_up(self) -> None:
        """Has the request end soon, in whatever thread it is."""
        self._given_up = True
        response = self._response
        if response is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                shut_down(response.raw.fileno())


def shut_down(descriptor: int) -> None:
    """Ends what waits for a socket, which closing it would not do."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    import urllib3

    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise _answers.BadBody(f'the body of the answer broke off: {error}') from error
