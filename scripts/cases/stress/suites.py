"""The suites: the script that prepares and runs each, and its files."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WIRE = ('wire/*.test.js', 'attacks/*.test.js')


@dataclass(frozen=True)
class Suite:
    """Cases that one script runs."""

    #: The command line up to the addresses.
    script: tuple
    #: The directory that addresses are relative to; none if its runner knows them.
    directory: str = ''
    #: The files, as patterns.
    patterns: tuple = ()

    def files(self):
        """Returns the addresses of all files."""
        directory = ROOT / self.directory
        return sorted(str(path.relative_to(directory)) for one in self.patterns for path in directory.glob(one))


def wire(host):
    """The wire checks and attacks against the Python package in a host."""
    return Suite(('scripts/python-conformance.sh', host), 'conformance', WIRE)


def application(name):
    """A Socket.IO application on the Python package."""
    return Suite(('scripts/python-socketio.sh', name), 'conformance', ('socketio/*.test.js',))


def foreign(name):
    """Another project's own tests."""
    source = f'python/.venvs/suite-{name}/source'
    return Suite(('scripts/python-suite.sh', name), source, ('tests/**/test_*.py',))


SUITES = {
    'conformance': Suite(
        ('scripts/conformance.sh',),
        'conformance',
        (*(f'{group}/*.test.js' for group in ('wire', 'attacks', 'peers', 'browser', 'client', 'cli')),
         'python/test_*.py', 'terminal/test_*.py'),
    ),
    'hosting': Suite(('scripts/python-hosting.sh',), 'conformance/hosting', ('test_*.py',)),
    **{host: wire(host) for host in ('werkzeug', 'gevent', 'uvicorn', 'aiohttp')},
    'socketio-flask': application('flask'),
    'socketio-asgi': application('asgi'),
    'socketio-clients': Suite(('scripts/python-socketio.sh', 'clients'), 'conformance/socketio', ('test_*.py',)),
    'python': Suite(('scripts/python-own.sh',), 'python/tests', ('test_*.py',)),
    'suite-engineio': foreign('engineio'),
    'suite-socketio': foreign('socketio'),
    'rust': Suite(('scripts/unit.sh',)),
}
