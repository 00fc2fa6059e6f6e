"""One run of a runner's command, with its output passed on and the outcome of each case."""

import subprocess
import sys
from dataclasses import dataclass, field

from lines import lines_of


@dataclass
class Look:
    """What a run came to."""

    #: The exit code of the runner.
    status: int
    #: Whether each case passed, by its address. Cases that were skipped are not in it.
    passed: dict = field(default_factory=dict)

    @property
    def failed(self):
        """The addresses of the cases that failed."""
        return [case for case, passed in self.passed.items() if not passed]


def spawn(command, environment, directory=None):
    """Starts a command whose output is read line by line."""
    return subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    )


def stream(process, to=None):
    """Yields the lines of a process while passing them on."""
    to = to or sys.stdout
    for line in lines_of(process):
        to.write(line)
        to.flush()
        yield line
    process.wait()
