"""The output of a process, line by line."""

import os
import queue
import threading

#: Seconds for which output is awaited that something else may still write once the process itself has ended.
GRACE = 10.0
END = None


def lines_of(process, grace=GRACE):
    """Yields the lines of a process until its output ends, or a while after its own end.

    A server that was left behind holds the output open for ever.
    """
    lines = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=grace)
        except queue.Empty:
            if has_ended(process):
                return
            continue
        if line is END:
            return
        yield line


def has_ended(process):
    """Whether a process has ended; its exit code stays for whoever waits for it."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _read(process, lines):
    with process.stdout as output:
        for line in output:
            lines.put(line)
    lines.put(END)
