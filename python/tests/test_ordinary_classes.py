"""The public classes as ordinary ones: copies, pickles, subclasses, and being told apart."""

import copy
import pickle

import pytest
from engineio_rs import ASGIApp, AsyncClient, AsyncServer, Server, WSGIApp, exceptions, packet, payload
from faces import SyncFace

COPIES = {'copy': copy.copy, 'deepcopy': copy.deepcopy, 'pickle': lambda value: pickle.loads(pickle.dumps(value))}


@pytest.fixture(params=COPIES.values(), ids=COPIES)
def copied(request):
    return request.param


class Extended(packet.Packet):
    """A packet with a constructor of its own, and attributes of both kinds."""

    __slots__ = ('reason',)

    def __init__(self, data, reason='none', *, more=None):
        super().__init__(packet.MESSAGE, data)
        self.reason = reason
        self.more = more


class Shouting(packet.Packet):
    """A packet that decodes in a way of its own."""

    def decode(self, encoded_packet):
        super().decode(encoded_packet.upper())


DATA = [None, 'text', '1', b'\x01\x02', bytearray(b'\x01'), {'a': [1]}, [1, {'b': None}], 1.5]


@pytest.mark.parametrize('data', DATA, ids=repr)
def test_a_packet_is_copied_with_all_that_it_has(copied, data):
    for encoded in (False, True):
        pkt = packet.Packet(packet.MESSAGE, data)
        if encoded:
            pkt.encode(b64=True)
        other = copied(pkt)
        assert type(other) is packet.Packet
        assert (other.packet_type, other.data, other.binary) == (pkt.packet_type, pkt.data, pkt.binary)
        assert (other.encode(), other.encode(b64=True)) == (pkt.encode(), pkt.encode(b64=True))


@pytest.mark.parametrize('encoded', ['4text', '4{"a":[1]}', '42', '4"x"', 'bAQI=', b'\x01', '6', '2probe'])
def test_a_decoded_packet_is_copied(copied, encoded):
    pkt = packet.Packet(encoded_packet=encoded)
    other = copied(pkt)
    assert (other.packet_type, other.data, other.encode()) == (pkt.packet_type, pkt.data, pkt.encode())


def test_a_deep_copy_shares_no_data():
    pkt = packet.Packet(packet.MESSAGE, {'list': []})
    copy.deepcopy(pkt).data['list'].append(1)
    assert pkt.data == {'list': []}


def test_a_subclass_has_a_constructor_and_attributes_of_its_own(copied):
    other = copied(Extended({'a': 1}, 'said', more=[2]))
    assert (type(other), other.reason, other.more, other.encode()) == (Extended, 'said', [2], '4{"a":1}')
    assert Extended('x').encode() == '4x'
    assert packet.Packet.__new__(Extended, 1, 2, 3, 4, five=6).packet_type == packet.NOOP


def test_a_subclass_decodes_in_a_way_of_its_own():
    assert Shouting(encoded_packet='4text').data == 'TEXT'


def test_a_constructor_that_is_called_again_makes_another_packet_of_it():
    pkt = packet.Packet(packet.MESSAGE, b'x')
    pkt.encode()
    pkt.__init__(packet.MESSAGE, 'y')
    assert (pkt.encode(), pkt.binary) == ('4y', False)
    with pytest.raises(ValueError):
        pkt.__init__(packet.PING, b'x')


def test_packets_are_told_apart_by_what_they_are():
    one, other = packet.Packet(packet.MESSAGE, 'x'), packet.Packet(packet.MESSAGE, 'x')
    assert one == one and one != other and len({one, other, one}) == 2


def test_a_packet_that_was_pickled_by_the_original_is_one_of_ours():
    pkt = packet.Packet.__new__(packet.Packet)
    pkt.__setstate__({'packet_type': 4, 'data': b'x', 'encode_cache': None, 'binary': True})
    assert (pkt.encode(), pkt.encode(b64=True)) == (b'x', 'beA==')


def servers():
    return [Server(async_mode='threading', ping_timeout=3), AsyncServer(async_mode='asgi', ping_timeout=3)]


@pytest.mark.parametrize('number', range(2))
def test_a_server_is_copied(copied, number):
    server = servers()[number]
    other = copied(server)
    assert type(other) is type(server) and other.ping_timeout == 3 and other.async_mode == server.async_mode


def test_a_copied_server_serves_clients_of_its_own():
    face = SyncFace(async_handlers=False)
    original, face.server = face.server, copy.deepcopy(SyncFace(async_handlers=False).server)
    sid = face.open()
    assert sid in face.server.sockets and sid not in original.sockets
    face.call('send', sid, 'x')
    assert face.poll(sid).text == '4x'
    face.close()


def test_the_other_classes_are_copied(copied):
    thread_server, task_server = servers()
    assert copied(WSGIApp(thread_server, engineio_path='x')).engineio_path == '/x/'
    assert copied(ASGIApp(task_server, engineio_path='x')).engineio_path == '/x/'
    assert copied(AsyncClient()).state == 'disconnected'
    assert copied(payload.Payload([packet.Packet(packet.MESSAGE, 'a')])).encode() == '4a'
    for error in (exceptions.EngineIOError('a'), exceptions.ConnectionError('b', {'c': 1})):
        assert (type(copied(error)), copied(error).args) == (type(error), error.args)
