"""WebSockets of websocket-client, bounded in bytes and time while they are read."""

import contextlib
import functools
import time
from typing import Any

from . import _answers, _redirects, _requests

#: Seconds that a message in several frames may take.
MESSAGE_TIMEOUT = 30.0

_CONTROL = 0x8


class Opening:
    """The attempt to open a WebSocket.

    :param limit: most bytes of a message.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._websocket: Any = None

    def run(self, url: str, options: dict[str, Any]) -> Any:
        """Connects. Returns the WebSocket."""
        import websocket

        made = functools.partial(self._make, options.get('class_', websocket.WebSocket))
        with _redirects.refused(made) as more:
            opened = websocket.create_connection(url, **{**options, **more})
        _Meter(opened, self._limit)
        return opened

    def _make(self, cls: Any, *args: Any, **options: Any) -> Any:
        self._websocket = cls(*args, **options)
        return self._websocket

    def give_up(self) -> None:
        """Has the attempt end soon, in whatever thread it is."""
        made = self._websocket
        if made is not None and made.sock is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                _requests.shut_down(made.sock.fileno())


class _Meter:
    """Counts what a WebSocket reads of a message, before the library has all of it."""

    def __init__(self, websocket: Any, limit: int) -> None:
        self._limit = limit
        self._recv, self._recv_frame = websocket._recv, websocket.recv_frame
        #: Bytes of the frame that is being read, and of those before it that belong to the message.
        self._frame = self._before = 0
        self._begun = 0.0
        websocket.frame_buffer.recv, websocket.recv_frame = self._count, self._next_frame

    def _count(self, most: int) -> bytes:
        piece: bytes = self._recv(most)
        self._frame += len(piece)
        # A frame's head has 14 bytes at most.
        if self._before + self._frame > self._limit + 14:
            raise _answers.TooLarge(f'the server sent a message of more than {self._limit} bytes (max_payload)')
        return piece

    def _next_frame(self) -> Any:
        frame = self._recv_frame()
        self._frame = 0
        if frame.opcode < _CONTROL:
            self._add(frame)
        return frame

    def _add(self, frame: Any) -> None:
        if frame.fin:
            self._before, self._begun = 0, 0.0
            return
        self._before += len(frame.data)
        self._begun = self._begun or time.monotonic()
        if time.monotonic() - self._begun > MESSAGE_TIMEOUT:
            raise TimeoutError(f'the server did not complete a message within {MESSAGE_TIMEOUT:g} seconds')
