"""`node --test`."""

import os
import re
from itertools import groupby

from . import outcomes
from .look import Look, spawn, stream

REPORTER = str(outcomes.PLUGINS / 'case-outcomes.js')


class NodeRunner:
    """Runs `node --test`; a selection holds files, and cases as `FILE::GROUP > NAME`."""

    def __init__(self, prefix):
        """`prefix` is the command line up to the selection."""
        self._prefix = prefix

    def look(self, selection, environment=None, to=None):
        """Runs the selected files, and the selected cases of others."""
        with outcomes.collected(dict(environment or os.environ)) as (wanted, collected):
            path = wanted.pop(outcomes.VARIABLE)
            status, passed = 0, {}
            for arguments in runs(selection):
                process = spawn(self._command(path, arguments), wanted)
                for _ in stream(process, to):
                    pass
                status = status or process.returncode
                passed |= collected()
            named = {case for case in selection if '::' in case}
            return Look(status, {case: ok for case, ok in passed.items() if is_selected(case, selection, named)})

    def _command(self, path, arguments):
        reporters = [f'--test-reporter={REPORTER}', f'--test-reporter-destination={path}']
        reporters += ['--test-reporter=spec', '--test-reporter-destination=stdout']
        return [*self._prefix, *reporters, *arguments]


def is_selected(case, selection, named):
    """Whether a case that was run was meant; of one name there may be several in a file."""
    file = case.partition('::')[0]
    return file in selection or case in named or not named


def runs(selection):
    """Returns the arguments of each run: one for all whole files, and one for each file of which cases are wanted."""
    files = [word for word in selection if '::' not in word]
    found = [files] if files else []
    cases = sorted(word for word in selection if '::' in word)
    for file, group in groupby(cases, lambda case: case.partition('::')[0]):
        found.append([*(f'--test-name-pattern=^{pattern(case)}$' for case in group), file])
    return found


def pattern(case):
    """Returns a regular expression for the name of a case alone, which is what Node.js compares with."""
    name = case.partition('::')[2].rpartition(' > ')[2] if ' > ' in case else case.partition('::')[2]
    return re.sub(r'[\\^$.*+?()[\]{}|/]', r'\\\g<0>', name)
