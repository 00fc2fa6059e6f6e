"""Fixtures: a server, and the command `engineio connect` on a pseudo-terminal."""

import os
import re

import pexpect
import pytest

from server import REPOSITORY, Server

PATIENCE = 60
PROMPT = '> '
ESCAPES = re.compile(r'\x1b\[[0-9;?]*[a-zA-Z]')


@pytest.fixture
def server():
    """A server that obeys commands."""
    running = Server(mode='commands')
    yield running
    running.stop()


class Terminal:
    """`engineio connect` as somebody sees it who sits at a terminal."""

    def __init__(self, url, *flags, history):
        binary = os.environ.get('ENGINEIO_BIN', str(REPOSITORY / 'target/release/engineio'))
        environment = {**os.environ, 'TERM': 'xterm-256color', 'ENGINEIO_HISTORY': str(history)}
        self.child = pexpect.spawn(
            binary,
            ['connect', url, *flags],
            env=environment,
            encoding='utf-8',
            timeout=PATIENCE,
            dimensions=(40, 160),
        )

    def sees(self, pattern):
        """Waits until text that matches is shown."""
        self.child.expect(pattern)
        return self.child.match

    def types(self, text):
        """Presses keys."""
        self.child.send(text)

    def enters(self, line):
        """Types a line."""
        self.types(f'{line}\r')

    def exit_code(self):
        """Waits for the end; what is shown until then stands in `rest`."""
        self.child.expect(pexpect.EOF)
        self.rest = ESCAPES.sub('', self.child.before)
        self.child.close()
        return self.child.exitstatus

    def modes(self):
        """The modes of the terminal's input, as `stty` knows them."""
        import termios

        return termios.tcgetattr(self.child.child_fd)[3]


@pytest.fixture
def connect(server, tmp_path):
    """Starts the command: `connect('--no-upgrade')`."""
    terminals = []

    def start(*flags, url=None):
        terminals.append(Terminal(url or server.origin, *flags, history=tmp_path / 'history'))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.child.close(force=True)
