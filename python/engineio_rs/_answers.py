"""What a server answers to a client's request: its status and body, which is bounded while it is read."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Most bytes that are kept of the body of an answer without success: the rest is not read.
REFUSAL = 64 << 10

#: What is asked for, since it can be decoded piece by piece.
ENCODINGS = 'gzip, deflate'


class TooLarge(OSError):
    """A body has more bytes than are taken."""


class BadBody(OSError):
    """A body is not what its head says."""


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    body: bytes
    headers: Mapping[str, Any]

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body's JSON, whatever the server calls it; ``None`` if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def with_encodings(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that ask for what can be decoded, unless they say themselves what they ask for."""
    if any(name.lower() == 'accept-encoding' for name in headers):
        return dict(headers)
    return {**headers, 'Accept-Encoding': ENCODINGS}


class Body:
    """A body that comes in pieces as they travel, and is decoded as far as it is taken.

    :param status: the answer's status; the body of one without success may be cut off.
    :param headers: the answer's headers.
    :param limit: most bytes of the decoded body.
    :param is_decoded: whether the pieces come decoded.
    """

    def __init__(self, status: int, headers: Mapping[str, str], limit: int, is_decoded: bool = False) -> None:
        self._status, self._headers = status, headers
        self._success = 200 <= status < 300
        self._limit = limit if self._success else REFUSAL
        self._decode = _decoder(headers.get('Content-Encoding') or '' if not is_decoded else '')
        self._data = bytearray()

    def add(self, piece: bytes) -> bool:
        """Adds a piece. Returns whether more is wanted. Raises ``TooLarge``, or ``BadBody``."""
        try:
            self._data += self._decode(piece, self._limit + 1 - len(self._data))
        except zlib.error as error:
            raise BadBody(f'the server sent a body that cannot be decoded: {error}') from error
        if len(self._data) <= self._limit:
            return True
        if self._success:
            raise TooLarge(f'the server sent more than {self._limit} bytes in one response (max_payload)')
        return False

    def finish(self) -> Answer:
        """The answer, once there is no more."""
        return Answer(self._status, bytes(self._data[: self._limit]), self._headers)


def _decoder(encoding: str) -> Any:
    name = encoding.strip().lower()
    if name in ('', 'identity'):
        return lambda piece, most: piece[:most]
    if name in ('gzip', 'x-gzip', 'deflate'):
        return _Inflater(name == 'deflate').decode
    raise BadBody(f'the server sent a body in the encoding {encoding!r}, which was not asked for ({ENCODINGS})')


class _Inflater:
    def __init__(self, is_deflate: bool) -> None:
        self._is_deflate = is_deflate
        self._inflate: Any = None

    def decode(self, piece: bytes, most: int) -> bytes:
        """The decoded bytes of a piece, at most so many."""
        decoded = bytearray()
        while piece and len(decoded) < most:
            if self._inflate is None:
                self._inflate = zlib.decompressobj(self._window(piece))
            decoded += self._inflate.decompress(piece, most - len(decoded))
            piece = self._inflate.unused_data or self._inflate.unconsumed_tail
            if self._inflate.eof:
                # Several members may follow each other.
                self._inflate = None
        return bytes(decoded)

    def _window(self, piece: bytes) -> int:
        if not self._is_deflate:
            return 16 + zlib.MAX_WBITS
        # What is called deflate is zlib's format, but some send it bare.
        return zlib.MAX_WBITS if piece[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
