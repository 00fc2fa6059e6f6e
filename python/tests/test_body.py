"""How the body of a POST is read, whatever its pieces are."""

import pytest

from engineio_rs import _body, flows


class Pieces:
    """A stream that gives a piece at a time, and never more than was asked for."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.asked = []

    def read(self, size):
        self.asked.append(size)
        piece = self.pieces.pop(0) if self.pieces else b''
        assert len(piece) <= size
        return piece


def read(stream, length, limit=100):
    return flows.run(_body.read(stream, length, limit))


@pytest.mark.parametrize('pieces', [(b'abcdef',), (b'abc', b'def'), tuple(b'%c' % byte for byte in b'abcdef')])
@pytest.mark.parametrize('kind', [bytes, bytearray, memoryview])
def test_a_body_is_put_together_from_its_pieces(pieces, kind):
    body = read(Pieces(*map(kind, pieces)), 6)
    assert body == b'abcdef'
    assert type(body) is bytes


def test_no_more_is_asked_for_than_is_missing():
    stream = Pieces(b'abc', b'd', b'ef', b'the next request')
    assert read(stream, 6) == b'abcdef'
    assert stream.asked == [6, 3, 2]


@pytest.mark.parametrize('length', [6, None])
def test_a_body_ends_where_the_stream_does(length):
    assert read(Pieces(b'abc', b'd'), length) == b'abcd'
    assert read(Pieces(), length) == b''


def test_without_a_length_a_byte_more_than_the_limit_is_read():
    stream = Pieces(b'abc', b'def', b'never read')
    assert read(stream, None, limit=5) == b'abcdef'
    assert stream.asked == [6, 3]
