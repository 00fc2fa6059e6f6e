"""Clients in programs whose threads are greenlets: no call keeps the others from running."""

import os
import pathlib
import subprocess
import sys

import pytest
from client_faces import TRANSPORTS

PROGRAM = pathlib.Path(__file__).with_name('green_client.py')
PATIENCE = 200
#: eventlet is in an environment of its own: where it is installed, servers choose it.
PYTHONS = {'gevent': sys.executable, 'eventlet': os.environ.get('EVENTLET_PYTHON', '')}


def fine(library, *words):
    """Whether the program ends well."""
    python = PYTHONS[library]
    assert python, 'EVENTLET_PYTHON names the interpreter of an environment that has eventlet'
    done = subprocess.run([python, PROGRAM, library, *words], capture_output=True, text=True, timeout=PATIENCE)
    assert 'fine' in done.stdout, done.stderr
    return True


@pytest.mark.parametrize('transports', TRANSPORTS)
@pytest.mark.parametrize('kind', ['native', 'session'])
@pytest.mark.parametrize('library', PYTHONS)
def test_a_client_leaves_other_greenlets_running(library, kind, transports):
    assert fine(library, kind, {'upgrade': 'polling+websocket'}.get(transports, transports), 'first')


@pytest.mark.parametrize('when', ['after-import', 'after-making'])
@pytest.mark.parametrize('library', PYTHONS)
def test_a_library_that_is_patched_late(library, when):
    assert fine(library, 'native', 'polling+websocket', when)
