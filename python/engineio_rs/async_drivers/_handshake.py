"""What the answer to a WebSocket handshake says besides the handshake's own fields."""

from typing import Any

#: Where the server has put header fields in the environment of a request.
HEADERS = 'engineio.handshake_headers'

#: Where a server tells the driver whether it is being shut down.
DRAINING = 'engineio.draining'


def extra_headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    """The header fields, as pairs of name and value."""
    headers: list[tuple[str, str]] = environ.get(HEADERS, [])
    return headers
