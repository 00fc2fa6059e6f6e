"""The body of a POST: how long it is said to be, and what it holds."""

from typing import Any

from . import _core
from .flows import Flow

#: How long a client has for the body of a POST, in seconds.
TIMEOUT = 10.0

#: Where a server has put the index of a JSONP request.
JSONP = 'engineio.jsonp'


def declared_length(environ: dict[str, Any]) -> int | None:
    """What the head says; ``None`` for a body that is sent in chunks. Raises ``ValueError`` for what is no length."""
    length = environ.get('CONTENT_LENGTH')
    if length not in (None, ''):
        return int(length)
    chunked = 'chunked' in environ.get('HTTP_TRANSFER_ENCODING', '').lower()
    return None if chunked or environ.get('wsgi.input_terminated') else 0


def read(stream: Any, length: int | None, limit: int) -> Flow[bytes]:
    """Reads a body, at most a byte more than ``limit``."""
    wanted = limit + 1 if length is None else length
    first = bytes((yield stream.read(wanted)))
    if not first or len(first) >= wanted:
        return first
    body = bytearray(first)
    while len(body) < wanted:
        more = yield stream.read(wanted - len(body))
        if not more:
            break
        body += more
    return bytes(body)


def payload_of(environ: dict[str, Any], body: bytes) -> bytes:
    """The payload that a body holds: itself, unless it is a form of JSONP."""
    if environ.get(JSONP) is None:
        return body
    form = _core.form_data(body)
    return b'' if form is None else form
