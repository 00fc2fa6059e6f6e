"""A real server process: started on a free port, and always ended."""

import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
UNKNOWN_SID = re.compile(rb'"code":1\b|Invalid session')
PAUSE = 0.01
LISTENING = re.compile(r'^listening on (http://[^\s/]+)(/\S*)$')


def server_command(flags):
    """The command that starts a server: `$CONFORMANCE_SERVER` if set, otherwise `engineio serve`."""
    arguments = ['--bind', '127.0.0.1:0']
    for name, value in flags.items():
        arguments.append('--' + name.replace('_', '-'))
        if value is not True:
            arguments.append(str(value))
    template = os.environ.get('CONFORMANCE_SERVER')
    if template is None:
        return [require_binary(), 'serve', *arguments]
    words = template.split()
    if '{args}' not in words:
        return [*words, *arguments]
    place = words.index('{args}')
    return [*words[:place], *arguments, *words[place + 1 :]]


def require_binary():
    path = os.environ.get('ENGINEIO_BIN', str(REPOSITORY / 'target/release/engineio'))
    if not Path(path).exists():
        raise FileNotFoundError(f'no server at {path}: build it (cargo build --release) or set ENGINEIO_BIN')
    return path


class Server:
    """A running server; `flags` are those of `engineio serve`, with underscores."""

    def __init__(self, **flags):
        self._log = tempfile.TemporaryFile(mode='w+')
        command = server_command(flags)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        line = self.process.stdout.readline().rstrip('\n')
        found = LISTENING.match(line)
        if found is None:
            self.stop()
            raise RuntimeError(f'{shlex.join(command)} said {line!r}\n{self.log()}')
        self.origin, self.path = found.groups()

    def log(self):
        """What the server wrote to standard error."""
        self._log.seek(0)
        return self._log.read()

    def signal(self, number):
        """Sends a signal to the process."""
        self.process.send_signal(number)

    def exit_code(self):
        """Waits for the process to end by itself."""
        return self.process.wait(timeout=60)

    def stop(self):
        """Ends the process; a stopped (SIGSTOP) one too."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def knows(self, sid):
        """Whether the server still has a session; asks by posting an empty message to it."""
        url = f'{self.origin}{self.path}?EIO=4&transport=polling&sid={sid}'
        try:
            urllib.request.urlopen(url, data=b'4').close()
        except urllib.error.HTTPError as error:
            with error:
                return UNKNOWN_SID.search(error.read()) is None
        return True

    def wait_until_unknown(self, sid):
        """Returns once the server has forgotten a session."""
        while self.knows(sid):
            time.sleep(PAUSE)
