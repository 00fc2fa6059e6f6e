"""Hosts that run while the tests do, and what clients of JavaScript see of them."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from hosts import HERE, HOSTS, Process

#: `HOSTS=werkzeug,uvicorn` limits the tests to these.
NAMES = [name for name in os.environ.get('HOSTS', '').split(',') if name] or list(HOSTS)
#: The hosts whose every test is part of `make test`: in one WebSocket is ours, in the other it is the web server's.
DECIDING = ('werkzeug', 'uvicorn')
AT_A_TIME = 3
NODE_PATIENCE = 180

# With them, requests does not let clients do without verification.
for variable in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
    os.environ.pop(variable, None)


def pytest_generate_tests(metafunc):
    """Runs each test of a host with every host, or with those that it is marked for."""
    if 'name' in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker('hosts')
        metafunc.parametrize('name', [name for name in NAMES if marker is None or marker.args[0](HOSTS[name])])


def pytest_collection_modifyitems(items):
    """Marks what decides: every test of one host for WSGI and of one for ASGI, and what is about no host of its own.

    `make test` runs these and the brief tries of each other host, which are marked where they stand.
    """
    for item in items:
        params = item.callspec.params if hasattr(item, 'callspec') else {}
        # The programs of the documentation are marked where they stand.
        if 'title' not in params and params.get('name') in (None, *DECIDING):
            item.add_marker('decides')


@pytest.fixture(scope='session')
def certificate(tmp_path_factory):
    """The files of a certificate and its key."""
    directory = tmp_path_factory.mktemp('tls')
    paths = str(directory / 'cert.pem'), str(directory / 'key.pem')
    subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes']
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    command = ['openssl', 'req', '-x509', *key, *subject, '-out', paths[0], '-keyout', paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


class Matrix:
    """Hosts, each started once and tried by the clients of JavaScript, a few at a time."""

    def __init__(self, certificate, wanted):
        """`wanted` holds the cases of `matrix.js` by the name of the host; none are run for an empty set."""
        self._certificate = certificate
        self._wanted = wanted
        self._pool = ThreadPoolExecutor(AT_A_TIME)
        self._hosts = {name: self._pool.submit(self._start, name) for name in wanted}

    def process(self, name):
        """The process of a host."""
        return self._hosts[name].result()[0]

    def outcomes(self, name):
        """What became of each case: its name and what `matrix.js` said of it."""
        return self._hosts[name].result()[1]

    def stop(self):
        """Ends all."""
        self._pool.shutdown(cancel_futures=True)
        for future in self._hosts.values():
            if not future.cancelled() and future.exception() is None:
                future.result()[0].stop()

    def _start(self, name):
        process = Process(HOSTS[name], self._certificate)
        if not self._wanted[name]:
            return process, {}
        command = ['node', str(HERE / 'matrix.js'), process.url, *sorted(self._wanted[name])]
        environment = {**os.environ, 'HOST_TRAITS': json.dumps(HOSTS[name].traits)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=NODE_PATIENCE)
        outcomes = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]
        assert outcomes and done.returncode == 0, f'{done.stderr}\n{process.said()}'
        return process, {outcome['name']: outcome for outcome in outcomes}


@pytest.fixture(scope='session')
def matrix(certificate, request):
    """The hosts that the selected tests want, with the cases of `matrix.js` that they look at."""
    wanted = {}
    for item in request.session.items:
        if 'matrix' in item.fixturenames:
            cases = wanted.setdefault(item.callspec.params['name'], set())
            cases.update(case for name, case in item.callspec.params.items() if name == 'case')
    started = Matrix(certificate, wanted)
    yield started
    started.stop()


@pytest.fixture
def process(matrix, name, request):
    """The host of this test."""
    running = matrix.process(name)
    yield running
    request.node.add_report_section('teardown', 'log of the host', running.said()[-4000:])


@pytest.fixture
def start(certificate, request):
    """Starts a host for one test alone: `start('uvicorn', ping_interval=1)`."""
    started = []

    def start_one(name, **options):
        started.append(Process(HOSTS[name], certificate, **options))
        return started[-1]

    yield start_one
    for one in started:
        one.stop()
        request.node.add_report_section('teardown', 'log of the host', one.said()[-4000:])
