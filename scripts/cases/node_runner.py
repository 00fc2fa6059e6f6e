"""`node --test`."""

import os
import re
from itertools import groupby
from pathlib import Path

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
            found = {at_home(case, files(selection)): ok for case, ok in passed.items()}
            return Look(status, {case: ok for case, ok in found.items() if is_selected(case, selection)})

    def _command(self, path, arguments):
        reporters = [f'--test-reporter={REPORTER}', f'--test-reporter-destination={path}']
        reporters += ['--test-reporter=spec', '--test-reporter-destination=stdout']
        return [*self._prefix, *reporters, *arguments]


def files(selection):
    """Returns the files of a selection."""
    return sorted({word.partition('::')[0] for word in selection})


def at_home(case, among):
    """Returns the address of a case in the test file that declares it.

    Node.js names the file that calls `describe`, which may be a library; a test file tells it the title of its group.
    """
    file, _, names = case.partition('::')
    if file in among or not names:
        return case
    title = names.partition(' > ')[0]
    homes = [one for one in among if f"'{title}'" in Path(one).read_text()]
    return f'{homes[0]}::{names}' if len(homes) == 1 else case


def is_selected(case, selection):
    """Whether a case that was run was meant; of one name there may be several in a file."""
    return case in selection or case.partition('::')[0] in selection


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
