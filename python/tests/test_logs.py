"""What the servers log: python-engineio's lines, at its levels."""

import json
import logging

import pytest
from engineio_rs import _logger, packet
from engineio_rs._logger import short
from faces import PATIENCE, AsyncFace, wait_until

FURTHER = ' (further occurrences of this error will be logged with level INFO)'


class Records(logging.Handler):
    """The lines that were logged, with their levels."""

    def __init__(self, level=logging.INFO):
        super().__init__()
        self.logger = logging.Logger('test', level)
        self.logger.addHandler(self)
        self.lines = []

    def emit(self, record):
        self.lines.append((record.levelname, record.getMessage()))

    def of(self, level):
        """The lines of a level."""
        return [line for at, line in self.lines if at == level]


@pytest.fixture
def records():
    return Records()


@pytest.fixture
def logged(face_of, records):
    """A server that logs everything, and has logged that."""
    face = face_of(logger=records.logger, async_handlers=False)
    assert records.lines == [('INFO', f'Server initialized for {face.server.async_mode}.')]
    records.lines.clear()
    return face


def info(sid, *texts):
    return [('INFO', f'{short(sid)}: {text}') for text in texts]


def test_the_packets_of_a_polling_session(logged, records):
    sid = logged.open()
    assert records.of('INFO')[0].startswith(f"{short(sid)}: Sending packet OPEN data {{'sid': '{short(sid)}'")
    records.lines.clear()
    for data in ('text', b'\x01', {'a': 1}):
        logged.call('send', sid, data)
    logged.call('send_packet', sid, packet.Packet(packet.NOOP))
    logged.post(sid, '4text\x1ebAQ==\x1e4{"a":1}\x1e3')
    logged.call('disconnect', sid)
    assert records.lines == info(
        sid,
        'Sending packet MESSAGE data text',
        'Sending packet MESSAGE data <binary>',
        "Sending packet MESSAGE data {'a': 1}",
        'Sending packet NOOP data None',
        'Received packet MESSAGE data text',
        'Received packet MESSAGE data <binary>',
        "Received packet MESSAGE data {'a': 1}",
        'Received packet PONG data ',
        'Sending packet CLOSE data None',
    )


def test_an_upgrade_and_a_client_that_closes(logged, records):
    sid = logged.open()
    records.lines.clear()
    websocket, ended = logged.start_websocket(sid)
    websocket.client_sends('2probe', '5')
    assert websocket.client_gets() == '3probe'
    wait_until(lambda: logged.server.sockets[sid].upgraded)
    websocket.client_sends('4text', '1')
    ended.result(PATIENCE)
    own = [line for line in records.lines if line[1].startswith(short(sid))]
    assert own == info(
        sid,
        'Received request to upgrade to websocket',
        'Upgrade to websocket successful',
        'Received packet MESSAGE data text',
        'Received packet CLOSE data ',
    )


@pytest.mark.parametrize('frames, line', [
    (['4no'], 'Failed websocket upgrade, no PING packet'),
    (['2probe', '4no'], 'Failed websocket upgrade, expected UPGRADE packet, received 4no instead.'),
])
def test_an_upgrade_that_fails(logged, records, frames, line):
    sid = logged.open()
    websocket, ended = logged.start_websocket(sid)
    websocket.client_sends(*frames)
    ended.result(PATIENCE)
    assert ('INFO', f'{short(sid)}: {line}') in records.lines


def test_pings_and_a_client_that_answers_none(face_of, records):
    face = face_of(logger=records.logger, ping_interval=0.01, ping_timeout=0.05)
    sid = face.open()
    assert face.poll(sid).text == '2'
    assert face.event() == ('disconnect', 'ping timeout')
    assert records.lines[2:] == info(sid, 'Sending packet PING data None', 'Client is gone, closing socket')


def test_an_error_is_an_error_once(logged, records):
    # In brackets is what python-engineio does not say: what was expected.
    for level, end in (('ERROR', FURTHER), ('INFO', '')):
        logged.request('GET', 'EIO=4&sid=nobody')
        ((at, line),) = records.lines
        assert (at, line.split(' [')[0], line.rsplit(']', 1)[1]) == (level, 'Invalid session nob…', end)
        records.lines.clear()
    # Each error has its own first time.
    logged.request('GET', 'EIO=4&transport=x')
    assert records.lines[0][0] == 'ERROR'


@pytest.mark.parametrize('method, query, environ, line', [
    ('GET', 'EIO=4', {'HTTP_ORIGIN': 'http://a.example'}, 'http://a.example is not an accepted origin.'),
    ('GET', 'EIO=4&transport=x', {}, 'Invalid transport'),
    ('GET', 'EIO=3', {}, 'The client is using an unsupported version of the Socket.IO or Engine.IO protocols'),
    ('GET', 'EIO=4&j=0', {}, 'Bad Request'),
    ('GET', 'EIO=4&transport=websocket', {}, 'Invalid websocket upgrade'),
    ('POST', 'EIO=4', {}, 'Invalid session None'),
])
def test_what_is_logged_of_a_refused_request(logged, records, method, query, environ, line):
    assert logged.request(method, query, **environ).code == 400
    ((level, told),) = records.lines
    assert (level, told.split(' [')[0]) == ('ERROR', line)
    assert told.endswith(FURTHER)


def test_what_is_logged_of_requests_that_a_session_does_not_expect(logged, records):
    websocket, _ = logged.start_websocket()
    sid = json.loads(websocket.client_gets()[1:])['sid']
    assert logged.request('POST', f'EIO=4&sid={sid}', b'4a').text == '"Unexpected HTTP request"'
    polling = logged.open()
    logged.server.sockets[polling].connected = False
    assert logged.request('GET', f'EIO=4&sid={polling}').text == '"Not connected"'
    assert [line.split(' [')[0] for line in records.of('ERROR')] == [
        f'Unexpected HTTP request for session {short(sid)}',
        f'Socket for session {short(polling)} is not connected',
    ]


def test_warnings(logged, records):
    logged.request('PUT', 'EIO=4')
    logged.call('send', 'nobody', 'lost')
    logged.call('send_packet', 'nobody', packet.Packet(packet.NOOP))
    logged.server.on('connect', lambda sid, environ: False)
    logged.request('GET', 'EIO=4')
    assert records.of('WARNING') == [
        'Method PUT not supported',
        'Cannot send to sid nob…',
        'Cannot send to sid nob…',
        'Application rejected connection',
    ]


@pytest.mark.parametrize('event', ['connect', 'message', 'disconnect'])
def test_a_handler_that_fails(logged, records, event):
    def fail(*_):
        raise RuntimeError('of the handler')

    logged.server.on(event, fail)
    reply = logged.request('GET', 'EIO=4')
    assert reply.code == (401 if event == 'connect' else 200)
    if event != 'connect':
        assert logged.post(json.loads(reply.text[1:])['sid'], '4a\x1e1').code == 200
    assert records.of('ERROR') == [f'{event} handler error']


def test_a_coroutine_function_that_fails(records):
    async def fail(*_):
        raise RuntimeError('of the handler')

    face = AsyncFace(logger=records.logger, async_handlers=False)
    face.server.on('message', fail)
    face.post(face.open(), '4a')
    assert records.of('ERROR') == ['message async handler error']
    face.close()


def test_no_line_has_a_whole_session_id(logged, records):
    sid = logged.open()
    for body in ('4a', '4', '9', '5', '0{}', 'b!', '2'):
        logged.post(sid, body)
        sid = sid if sid in logged.server.sockets else logged.open()
    websocket, ended = logged.start_websocket(logged.open())
    websocket.client_sends('2probe', '9')
    ended.result(PATIENCE)
    logged.request('PUT', f'EIO=4&sid={sid}')
    logged.request('GET', f'EIO=4&transport=websocket&sid={sid}')
    sids = [*logged.server.sockets, *logged.server._parting]
    assert len(records.lines) > 12 and sid in sids
    assert not [line for _, line in records.lines for sid in sids if sid in line]
    assert logged.request('GET', f'EIO=4&sid=of-another-process').code == 400
    assert records.lines[-1][1].startswith('Invalid session of-ano…')


@pytest.mark.parametrize('sid, shown', [('', '…'), ('a', '…'), ('abcd', 'ab…'), ('0123456789abcdef', '012345…'), (None, 'No…')])
def test_an_id_is_never_shown_whole(sid, shown):
    assert short(sid) == shown


def test_ids_in_queries_are_shortened():
    text = "GET http://a/?EIO=4&sid=0123456789abcdef&t=1 (/?sid=0123456789abcdef) inside=whole"
    assert _logger.hide_sids(text) == 'GET http://a/?EIO=4&sid=012345…&t=1 (/?sid=012345…) inside=whole'


def test_the_end(logged, records):
    logged.call('shutdown')
    assert records.lines == [('INFO', 'Socket.IO is shutting down')]


def test_below_its_level_nothing_is_logged(face_of):
    records = Records(logging.ERROR)
    face = face_of(logger=records.logger, async_handlers=False)
    sid = face.open()
    face.call('send', sid, 'text')
    face.post(sid, '4text\x1e1')
    face.call('send', sid, 'late')
    face.request('PUT', 'EIO=4')
    assert records.lines == []
