"""Payloads: the bodies of polling requests and responses."""

from . import _core, packet

#: What ``Payload.max_decode_packets`` is until the application sets it.
DEFAULT_MAX_PACKETS = 16


class Payload:
    """Packets that travel together in one polling body.

    :param packets: the packets.
    :param encoded_payload: a body, which is decoded. ``ValueError`` is raised if it holds what is no packet, or more
                            packets than ``max_decode_packets``.

    For example::

        >>> Payload([packet.Packet(packet.MESSAGE, 'a'), packet.Packet(packet.MESSAGE, b'b')]).encode()
        '4a\\x1ebYg=='
    """

    #: Most packets that are decoded from one payload. Servers send no more in one response, since clients that use
    #: this class refuse more; what servers receive is only limited by it once it was set to another number.
    max_decode_packets = DEFAULT_MAX_PACKETS

    def __init__(self, packets: list[packet.Packet] | None = None, encoded_payload: str | None = None) -> None:
        self.packets = packets or []
        if encoded_payload is not None:
            self.decode(encoded_payload)

    def encode(self, jsonp_index: int | None = None) -> str:
        """Returns the body; with an index, as a script that calls the JSONP callback of that number."""
        return _core.join_payload([pkt.encode(b64=True) for pkt in self.packets], jsonp_index)

    def decode(self, encoded_payload: str) -> None:
        """Replaces the packets by those of a body. One that begins with ``d=`` is a form, as JSONP clients send it."""
        texts = _core.split_payload(encoded_payload, self.max_decode_packets)
        self.packets = [packet.Packet(encoded_packet=text) for text in texts]
