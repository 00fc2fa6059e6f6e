"""Engine.IO packets."""

import copyreg
from typing import Any

from . import _core, _logger
from . import json as _json

(OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP) = (0, 1, 2, 3, 4, 5, 6)
#: The names of the types, by type.
packet_names = ['OPEN', 'CLOSE', 'PING', 'PONG', 'MESSAGE', 'UPGRADE', 'NOOP']

#: What is sent as binary data.
binary_types = (bytes, bytearray)


class Packet(_core.Packet):
    """An Engine.IO packet.

    :param packet_type: ``OPEN``, ``CLOSE``, ``PING``, ``PONG``, ``MESSAGE``, ``UPGRADE`` or ``NOOP``.
    :param data: ``None``, ``str``, ``bytes``, ``bytearray``, a ``dict`` or ``list``, which are sent as JSON, or
                 anything else, which is sent as ``str()`` of it. Binary data is for messages only; otherwise
                 ``ValueError`` is raised.
    :param encoded_packet: a packet as it comes over a WebSocket, which is decoded: ``str``, or ``bytes`` for a binary
                           message. ``ValueError`` is raised for what is no packet.

    Text that is JSON is decoded with the class attribute ``json`` when ``data`` is read, except for numbers, which
    stay text. ``raw_data`` is the text itself::

        >>> Packet(MESSAGE, {'a': 1}).encode()
        '4{"a":1}'
        >>> Packet(encoded_packet='4[1,2]').data
        [1, 2]
        >>> Packet(MESSAGE, b'abc').encode(b64=True)
        'bYWJj'
    """

    #: The module that encodes and decodes JSON, for the whole process.
    json: Any = _json

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, for ``pickle`` and ``copy``, by the names that python-engineio has for them."""
        state = {**self.__dict__, **_slots_of(self)}
        state.update(packet_type=self.packet_type, data=self.data, binary=self.binary)
        # Binary data has two forms, which are made anew.
        state['encode_cache'] = None if self.binary else self.encode_cache
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes over the attributes of another packet."""
        for name, value in state.items():
            setattr(self, name, value)


def _slots_of(pkt: Packet) -> dict[str, Any]:
    """What a subclass keeps in slots."""
    names = copyreg._slotnames(type(pkt))  # type: ignore[attr-defined]
    return {name: getattr(pkt, name) for name in names if hasattr(pkt, name)}


def packet_name(packet_type: int) -> str:
    """The name of a packet type, for logs."""
    return packet_names[packet_type] if 0 <= packet_type < len(packet_names) else 'UNKNOWN'


def loggable(data: Any, packet_type: int | None = None) -> Any:
    """The data of a packet, for logs: the session id of an open packet is shortened."""
    if packet_type == OPEN and isinstance(data, dict) and 'sid' in data:
        return {**data, 'sid': _logger.short(data['sid'])}
    return '<binary>' if isinstance(data, bytes) else data
