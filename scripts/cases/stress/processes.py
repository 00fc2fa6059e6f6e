"""Processes as Linux shows them in `/proc`."""

import ctypes
import os
import signal
from pathlib import Path

PROC = Path('/proc')
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Makes this process the parent of all descendants whose own parent ends, so that none is lost from sight."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), 'prctl(PR_SET_CHILD_SUBREAPER)')


def descendants(roots):
    """Returns the process ids of everything that the processes `roots` have started, without themselves."""
    children = {}
    for pid in processes():
        children.setdefault(parent(pid), []).append(pid)
    found, ahead = [], list(roots)
    while ahead:
        started = children.get(ahead.pop(), [])
        found += started
        ahead += started
    return sorted(found)


def processes():
    """Returns the ids of all processes."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]


def parent(pid):
    """Returns the id of the parent of a process; none if the process is gone."""
    return int(status(pid).get('PPid', '0')) or None


def is_running(pid):
    """Whether a process is neither stopped, nor traced, nor gone."""
    return status(pid).get('State', 'Z')[0] not in 'TtZX'


def catches(pid, number):
    """Whether a process has a handler for a signal."""
    return bool(mask(pid, 'SigCgt') & bit(number))


def is_pending(pid, number):
    """Whether a signal waits for a process to go on."""
    return bool((mask(pid, 'ShdPnd') | mask(pid, 'SigPnd')) & bit(number))


def kill(pid, number):
    """Sends a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def status(pid):
    """Returns the fields of `/proc/PID/status`, none if the process is gone."""
    try:
        text = (PROC / str(pid) / 'status').read_text(errors='replace')
    except (FileNotFoundError, ProcessLookupError):
        return {}
    pairs = (line.partition(':') for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def mask(pid, name):
    """Returns a set of signals of a process as bits."""
    return int(status(pid).get(name, '0'), 16)


def bit(number):
    """Returns the bit of a signal in a set."""
    return 1 << (signal.Signals(number) - 1)
