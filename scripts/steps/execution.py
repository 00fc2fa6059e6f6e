"""One step that runs: its process, its output line by line, its times."""

import os
import subprocess
import threading
import time
from pathlib import Path

from lines import lines_of

ROOT = Path(__file__).resolve().parents[2]


class Execution:
    """A step that has been started."""

    def __init__(self, step):
        self.step = step
        self.lines = []
        self.status = None
        self.wall = self.processor = 0.0
        self._news = threading.Condition()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            step.command,
            cwd=ROOT,
            env={**os.environ, **dict(step.environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
        )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def passed(self):
        """Whether the step has ended, and well."""
        return self.status == 0

    def wait(self):
        """Waits for the end."""
        with self._news:
            self._news.wait_for(lambda: self.status is not None)

    def follow(self):
        """Yields each line of the output, from the first to the last, as it comes."""
        position = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: len(self.lines) > position or self.status is not None)
                fresh, ended = self.lines[position:], self.status is not None
            yield from fresh
            position += len(fresh)
            if ended:
                return

    def _watch(self):
        for line in lines_of(self._process):
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        # Of the process and of all that it has waited for.
        _, status, usage = os.wait4(self._process.pid, 0)
        with self._news:
            self.wall = time.monotonic() - self._started
            self.processor = usage.ru_utime + usage.ru_stime
            self.status = self._process.returncode = os.waitstatus_to_exitcode(status)
            self._news.notify_all()
