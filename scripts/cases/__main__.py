"""python3 -m cases SUITE RUNNER PREFIX... -- [SELECTION...]: runs cases, with a second look at those that fail.

RUNNER is `pytest`, `node` or `cargo`; PREFIX is its command line. With STRESS in the environment, the cases are run
many times while their processes are stopped; see `stress`.
"""

import os
import sys

from . import second_look, stress
from .cargo_runner import CargoRunner
from .node_runner import NodeRunner
from .pytest_runner import PytestRunner

RUNNERS = {'pytest': PytestRunner, 'node': NodeRunner, 'cargo': CargoRunner}


def main(suite, name, *words):
    """Runs the cases; returns the exit code."""
    end = words.index('--')
    runner, selection = RUNNERS[name](list(words[:end])), list(words[end + 1 :])
    if stress.VARIABLE in os.environ:
        return stress.run(runner, selection, suite)
    return second_look.run(runner, selection, suite)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
