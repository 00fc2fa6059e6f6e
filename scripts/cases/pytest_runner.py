"""pytest."""

import os

from . import outcomes
from .look import Look, spawn, stream


class PytestRunner:
    """Runs pytest; a selection is what pytest calls node ids, and may hold further options."""

    def __init__(self, prefix):
        """`prefix` is the command line up to the selection."""
        self._prefix = prefix

    def look(self, selection, environment=None, to=None):
        """Runs the selected cases."""
        with outcomes.collected(self._environment(environment)) as (wanted, collected):
            process = spawn([*self._prefix, '-p', 'case_outcomes', *selection], wanted)
            for _ in stream(process, to):
                pass
            return Look(process.returncode, collected())

    @staticmethod
    def _environment(environment):
        environment = dict(environment or os.environ)
        paths = [str(outcomes.PLUGINS), environment.get('PYTHONPATH', '')]
        return {**environment, 'PYTHONPATH': os.pathsep.join(filter(None, paths))}
