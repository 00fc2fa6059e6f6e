"""Stops: a host that is told to end by a signal tells its clients first, and waits for none of them for ever."""

import json
import signal
import threading
import time

import pytest
from raw import Connection

pytestmark = pytest.mark.hosts(lambda host: host.stops)
#: Nobody is to be given up before it was told, however busy the machine is.
LONG, SHORT = '30', '0.5'


class Clients:
    """Clients of every kind, connected to one host."""

    def __init__(self, process):
        self._process = process
        self._connections = []

    def close(self):
        """Ends all connections."""
        for connection in self._connections:
            connection.sock.close()

    def connect(self):
        """A connection of its own."""
        self._connections.append(Connection(self._process))
        return self._connections[-1]

    def open(self):
        """Opens a session by polling. Returns its id."""
        connection = self.connect()
        connection.request('EIO=4&transport=polling', {'Connection': 'close'})
        return json.loads(connection.response()[2][1:])['sid']

    def poll(self, sid):
        """Sends a poll."""
        connection = self.connect()
        connection.request(f'EIO=4&transport=polling&sid={sid}', {'Connection': 'close'})
        return connection

    def post(self, sid, begin, length):
        """Sends the beginning of a POST."""
        connection = self.connect()
        fields = {'Connection': 'close', 'Content-Length': str(length)}
        connection.request(f'EIO=4&transport=polling&sid={sid}', fields, 'POST', begin)
        return connection

    def websocket(self):
        """Opens a session over WebSocket. Returns the connection and the id."""
        connection = self.connect()
        return connection, connection.websocket()['sid']


@pytest.fixture
def host(start, monkeypatch):
    """Starts a host with a grace; returns its process and its clients."""
    started = []

    def start_one(name, grace):
        monkeypatch.setenv('GRACE', grace)
        monkeypatch.setenv('ENGINEIO_GRACE', grace)
        process = start(name, ping_interval=25, ping_timeout=20)
        started.append(Clients(process))
        return process, started[-1]

    yield start_one
    for clients in started:
        clients.close()


def told_by_poll(connection):
    """Whether the answer of a poll says that the session has ended."""
    code, _, body = connection.response()
    return code == 200 and body.split(b'\x1e')[-1] == b'1'


def talk(connection, sent, ended):
    """Sends numbered notes without a pause until it reads a close frame, and answers that."""
    def read():
        while connection.next() is not None:
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    while not ended.is_set():
        connection.send(f'4note {len(sent)}')
        sent.append(len(sent))
        ended.wait(0.005)
    connection.sock.sendall(connection.codec.take_output())


@pytest.mark.parametrize('number', [pytest.param(signal.SIGTERM, marks=pytest.mark.decides), signal.SIGINT])
def test_every_client_is_told_and_what_was_accepted_is_delivered(host, name, number):
    process, clients = host(name, LONG)
    held, (websocket, _), (talker, talker_sid) = clients.poll(clients.open()), clients.websocket(), clients.websocket()
    away, uploading = clients.open(), clients.open()
    posted = clients.post(uploading, b'4note posted', 12)
    assert posted.response()[0] == 200
    upload = clients.post(uploading, b'4note up', 14)
    sent, ended = [], threading.Event()
    talking = threading.Thread(target=talk, args=(talker, sent, ended), daemon=True)
    talking.start()
    process.report('note', sid=talker_sid, text='3')
    process.process.send_signal(number)
    assert told_by_poll(held)
    assert websocket.next() == '1' and websocket.next() is None
    websocket.sock.sendall(websocket.codec.take_output())
    websocket.sock.close()
    assert not process.host.listens_to_the_end or told_by_poll(clients.poll(away))
    upload.sock.sendall(b'loaded')
    is_accepted = upload.response()[0] == 200
    assert not process.host.listens_to_the_end or told_by_poll(clients.poll(uploading))
    talking.join()
    talker.sock.close()
    process.process.wait(timeout=60)
    notes = [note['text'] for note in process.reports('note') if note['sid'] == uploading]
    assert notes == ['posted', 'uploaded'] if is_accepted else ['posted']
    numbers = [int(note['text']) for note in process.reports('note') if note['sid'] == talker_sid]
    assert numbers == (sent if process.host.reads_until_closed else sent[:len(numbers)])
    assert len(process.reports('disconnect')) == len(process.reports('connect')) == 5
    assert 'Traceback' not in process.said(), process.said()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_nobody_is_waited_for_for_ever(host, name, number):
    """Neither a poll that nobody sends, nor a body that does not end, nor the answer to a close frame."""
    process, clients = host(name, SHORT)
    held, silent, away, uploading = clients.poll(clients.open()), clients.websocket(), clients.open(), clients.open()
    upload = clients.post(uploading, b'4half', 100)
    begun = time.monotonic()
    process.process.send_signal(number)
    assert told_by_poll(held)
    process.process.wait(timeout=60)
    print(f'{name} ended after {time.monotonic() - begun:.2f} s')
    del silent, away, upload


@pytest.mark.hosts(lambda host: host.stops and 'gunicorn' in host.command)
def test_gunicorn_keeps_no_connection_while_it_stops(host, name):
    process, clients = host(name, LONG)
    held, away = clients.poll(clients.open()), clients.open()
    process.process.send_signal(signal.SIGTERM)
    assert told_by_poll(held)
    late = clients.connect()
    late.request('EIO=4&transport=polling')
    code, fields, _ = late.response()
    assert (code, fields['connection'].lower()) == (503, 'close')
    assert told_by_poll(clients.poll(away))
    process.process.wait(timeout=60)
