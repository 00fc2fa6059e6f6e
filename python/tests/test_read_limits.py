"""Time limits for reading in threads, over a pair of sockets in the place of a web server's."""

import socket
import threading

import pytest

from engineio_rs import Server
from engineio_rs.async_drivers._read_limits import ReadLimit

PATIENCE = 30
SHORT = 0.05
LONG = 3600


@pytest.fixture
def server():
    """A server for threads."""
    made = Server(async_mode='threading')
    yield made
    made.shutdown()


@pytest.fixture
def ends():
    """Our end of a connection and the client's."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(PATIENCE)
    yield ours, theirs
    ours.close()
    theirs.close()


def read_to_the_end(server, sock, seconds, environ=None):
    with ReadLimit(server, {'werkzeug.socket': sock} if environ is None else environ, seconds, TimeoutError):
        while sock.recv(100):
            pass


def test_a_client_that_is_slow_is_cut_off_and_can_be_answered(server, ends):
    ours, theirs = ends
    theirs.sendall(b'4part')
    with pytest.raises(TimeoutError) as caught:
        read_to_the_end(server, ours, SHORT)
    # Not what the socket of the test raises if nothing happens.
    assert caught.value.args == ()
    ours.sendall(b'408')
    assert theirs.recv(100) == b'408'


def test_a_client_that_trickles_is_cut_off(server, ends):
    ours, theirs = ends
    over = threading.Event()

    def trickle():
        while not over.wait(SHORT / 5):
            theirs.send(b'a')

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        with pytest.raises(TimeoutError):
            read_to_the_end(server, ours, SHORT)
    finally:
        over.set()
        thread.join()


def test_each_block_has_its_own_time(server):
    pairs = [socket.socketpair() for _ in range(4)]
    outcomes = []

    def read(sock):
        try:
            read_to_the_end(server, sock, SHORT)
        except TimeoutError:
            outcomes.append('cut off')

    threads = [threading.Thread(target=read, args=(ours,)) for ours, _ in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert outcomes == ['cut off'] * 4
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_block_that_is_over_leaves_the_connection_alone(server, ends):
    ours, theirs = ends
    with ReadLimit(server, {'werkzeug.socket': ours}, SHORT, TimeoutError):
        pass
    other, its_client = socket.socketpair()
    with pytest.raises(TimeoutError):
        read_to_the_end(server, other, SHORT)
    theirs.sendall(b'next')
    assert ours.recv(100) == b'next'
    other.close()
    its_client.close()


def test_without_a_socket_of_the_server_it_takes_as_long_as_it_takes(server, ends):
    ours, theirs = ends
    other, its_client = socket.socketpair()

    def end_late():
        # That of another block, which began later, is over: so is that of this one.
        with pytest.raises(TimeoutError):
            read_to_the_end(server, other, SHORT)
        theirs.close()

    with ReadLimit(server, {}, SHORT, TimeoutError):
        thread = threading.Thread(target=end_late)
        thread.start()
        assert ours.recv(100) == b''
    thread.join()
    other.close()
    its_client.close()


def test_errors_of_a_block_in_time_are_its_own(server):
    with pytest.raises(KeyError):
        with ReadLimit(server, {}, LONG, TimeoutError):
            raise KeyError


def test_shutdown_cuts_off_who_still_reads(server, ends):
    ours, _ = ends
    threading.Timer(SHORT, server.shutdown).start()
    with pytest.raises(TimeoutError) as caught:
        read_to_the_end(server, ours, LONG)
    assert caught.value.args == ()


def test_the_server_has_no_thread_for_each_block(server):
    before = threading.active_count()
    limits = [ReadLimit(server, {}, LONG, TimeoutError) for _ in range(20)]
    for limit in limits:
        limit.__enter__()
    assert threading.active_count() <= before + 1
    for limit in limits:
        limit.__exit__(None, None, None)
