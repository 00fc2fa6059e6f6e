"""An `engineio serve` for clients to connect to."""

import contextlib
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get('ENGINEIO_BIN', ROOT / 'target' / 'release' / 'engineio')


@contextlib.contextmanager
def serve(*options):
    """Runs a server on a free port, and gives its address."""
    command = [BINARY, 'serve', '--bind', '127.0.0.1:0', '--log', 'error', *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith('listening on http://'), line
            yield line.split()[-1].removesuffix('/engine.io/')
        finally:
            process.terminate()
