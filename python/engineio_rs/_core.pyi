"""The native half of `engineio_rs`: the protocol's objects, without I/O."""

from typing import Literal

class WsCodec:
    """The sans-IO WebSocket codec: bytes that were read in, messages out; messages in, bytes to be written out.

    ``role`` is ``'server'`` or ``'client'``. ``max_message_size`` is in bytes and can be changed at any time; a longer
    message ends the connection with 1009. Safe to use from several threads at once. Raises ``ValueError`` for another
    role.
    """

    def __new__(
        cls,
        role: Literal['server', 'client'] = 'server',
        *,
        max_message_size: int = 1_000_000,
        max_fragments: int = 1024,
    ) -> WsCodec: ...
    @staticmethod
    def accept_key(key: str) -> str:
        """The value of ``Sec-WebSocket-Accept`` that answers a client's ``Sec-WebSocket-Key``."""

    @staticmethod
    def choose_protocol(offered: str | None = None) -> str | None:
        """The subprotocol to agree on: the first that is offered in ``Sec-WebSocket-Protocol``, if any."""

    @staticmethod
    def handshake_response(key: str, offered: str | None = None) -> bytes:
        """The response that accepts a handshake, for a driver that owns the socket."""

    def receive(self, data: bytes | bytearray) -> list[str | bytes]:
        """Takes bytes that were read, cut anywhere, and returns the messages that they complete.

        What the peer has to be answered (a pong, a close frame) waits in ``take_output()``. After a close frame or a
        broken one, bytes are discarded: see ``ended``.
        """

    def take_output(self) -> bytes:
        """Takes the control frames that are to be written."""

    def frame(self, message: str | bytes | bytearray) -> bytes:
        """The frame of a message: text of a ``str``, binary of ``bytes``."""

    def ping(self, data: bytes | bytearray = b'') -> bytes:
        """A ping frame, with at most 125 bytes of data; more is cut off."""

    def close(self, code: int = 1000, reason: str = '') -> bytes:
        """The close frame to send; nothing if one was sent already. What does not fit of the reason is cut off.

        Raises ``ValueError`` for a code that must not be sent.
        """

    max_message_size: int
    @property
    def ended(self) -> bool:
        """Whether nothing more comes in: the peer closed, or broke a rule."""

    @property
    def close_sent(self) -> bool:
        """Whether a close frame is on its way to the peer, after which nothing may be sent."""

    @property
    def close_code(self) -> int | None:
        """The code of the peer's close frame, 1005 if there was none in it; ``None`` before that frame."""

    @property
    def close_reason(self) -> str:
        """The reason in the peer's close frame."""

    @property
    def error(self) -> tuple[int, str] | None:
        """The code that answers a broken rule, and which rule it was; ``None`` while all is well."""
