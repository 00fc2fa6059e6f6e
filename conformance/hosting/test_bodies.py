"""Every host, with POSTs whose bodies do not come: none may be held for ever."""

import json
import select
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import AT_A_TIME, NAMES
from hosts import HOSTS, Process
from raw import Connection

#: Seconds between two bytes of a body that trickles.
DRIP = 0.5
#: So many of them at most: the limit is 10 s.
MOST_DROPS = 60
#: What stands for a status where the connection ended with an alert of TLS instead.
ENDED = 'ended'
#: Case -> how the length of the body is told, what is sent of it at once, and what follows byte by byte.
CASES = {
    'stops': ('Content-Length: 1000', b'4hello', b''),
    'trickles': ('Content-Length: 1000', b'4', b'a'),
    'trickles in chunks': ('Transfer-Encoding: chunked', b'3e8\r\n4', b'a'),
}


class SlowPosts:
    """All of them at once, as each takes as long as the limit; to hosts of their own, whose clients need not answer pings."""

    def __init__(self, names, certificate):
        self._starters, self._clients = ThreadPoolExecutor(AT_A_TIME), ThreadPoolExecutor(len(names) * len(CASES))
        self._hosts = {
            name: self._starters.submit(Process, HOSTS[name], certificate, ping_interval=300) for name in names
        }
        self._answers = {
            (name, case): self._clients.submit(self._post, name, case)
            for name in names
            for case in CASES
        }

    def process(self, name):
        """The process of a host."""
        return self._hosts[name].result()

    def answer(self, name, case):
        """The session of a POST, and the status that it was answered with, or `ENDED`."""
        return self._answers[name, case].result()

    def stop(self):
        """Ends all."""
        self._starters.shutdown()
        for host in self._hosts.values():
            if host.exception() is None:
                host.result().stop()
        self._clients.shutdown()

    def _post(self, name, case):
        process = self.process(name)
        with Connection(process) as opening:
            opening.request('EIO=4&transport=polling', {'Connection': 'close'})
            sid = json.loads(opening.response()[2][1:])['sid']
        length, begin, drop = CASES[case]
        with Connection(process) as post:
            head = f'POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n'
            post.sock.sendall(head.encode() + begin)
            drops = iter([drop] * MOST_DROPS if drop else [])
            while not select.select([post.sock], [], [], DRIP)[0] and (drop := next(drops, None)):
                post.sock.sendall(drop)
            try:
                status = post.response()[0]
                # Nor does the host wait for the rest.
                post.rest()
                return sid, status
            except ssl.SSLError as error:
                assert HOSTS[name].ends_slow_tls, error
                return sid, ENDED


@pytest.fixture(scope='module')
def slow_posts(certificate):
    """The POSTs to all hosts."""
    posts = SlowPosts([name for name in NAMES if not HOSTS[name].buffers_bodies], certificate)
    yield posts
    posts.stop()


@pytest.fixture
def check(slow_posts, request, name):
    """Checks what became of a POST."""

    def check_one(case):
        sid, status = slow_posts.answer(name, case)
        assert status in (408, ENDED)
        assert slow_posts.process(name).report('disconnect', sid=sid)['reason'] == 'transport error'

    yield check_one
    request.node.add_report_section('teardown', 'log of the host', slow_posts.process(name).said()[-4000:])


@pytest.mark.parametrize('case', ['stops', 'trickles'])
@pytest.mark.hosts(lambda host: not host.buffers_bodies)
def test_a_body_of_a_length(check, name, case):
    check(case)


@pytest.mark.hosts(lambda host: not host.buffers_bodies and host.reads_chunks)
def test_a_body_in_chunks(check, name):
    check('trickles in chunks')
