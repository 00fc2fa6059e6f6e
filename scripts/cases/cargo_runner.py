"""`cargo test`."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from .look import Look, spawn, stream

RUNNING = re.compile(r'^\s*Running .*\((?P<path>.+)\)$')
DOCUMENTATION = re.compile(r'^\s*Doc-tests (?P<name>\S+)$')
#: A case may print between its name and its result, so that the result alone stands on a line.
OUTCOME = re.compile(r'^test (?P<name>.+?)(?: - should panic)? \.\.\. (?P<result>ok|FAILED)')
COLOUR = re.compile(r'\x1b\[[0-9;]*m')


@dataclass(frozen=True)
class Binary:
    """A test binary that cargo has built."""

    #: `package/target`, or `package/lib` and `package/bin` for the unit tests of those.
    name: str
    path: str
    directory: str


class CargoRunner:
    """Runs `cargo test`; a selection holds binaries and cases as `PACKAGE/TARGET::NAME`; without one, all are run."""

    def __init__(self, prefix):
        """`prefix` is `cargo test` with its options."""
        self._prefix = prefix

    def look(self, selection, environment=None, to=None):
        """Runs everything, or what is selected."""
        environment = dict(environment or os.environ)
        binaries = self._build(environment)
        if binaries is None:
            return Look(1)
        if not selection:
            return self._run([*self._prefix, '--no-fail-fast'], environment, names(binaries), to)
        whole = Look(0)
        for command, directory, name in self._commands(selection, {one.name: one for one in binaries}):
            look = self._run(command, environment, name, to, directory)
            whole = Look(whole.status or look.status, {**whole.passed, **look.passed})
        return whole

    def files(self):
        """Returns the names of all binaries."""
        return sorted(one.name for one in self._build(dict(os.environ)) or [])

    def _build(self, environment):
        command = [*self._prefix, '--no-run', '--message-format=json-render-diagnostics']
        built = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        return None if built.returncode else list(binaries_of(built.stdout.splitlines()))

    def _commands(self, selection, binaries):
        for name, group in groupby(sorted(selection), lambda case: case.partition('::')[0]):
            cases = [case.partition('::')[2] for case in group if '::' in case]
            if name.startswith('doc/'):
                yield [*self._prefix, '--doc', '--', *exactly(cases)], None, lambda _: name
            elif name in binaries:
                yield [binaries[name].path, *exactly(cases)], binaries[name].directory, lambda _: name
            else:
                raise KeyError(f'cargo has no test binary {name}: there are {", ".join(sorted(binaries))}')

    @staticmethod
    def _run(command, environment, name_of, to, directory=None):
        if directory:
            environment = {**environment, 'CARGO_MANIFEST_DIR': directory}
        process = spawn(command, environment, directory)
        passed, binary = {}, name_of(None)
        for line in stream(process, to):
            plain = COLOUR.sub('', line.rstrip())
            if running := RUNNING.match(plain):
                binary = name_of(running['path'])
            elif documentation := DOCUMENTATION.match(plain):
                binary = f'doc/{documentation["name"]}'
            elif outcome := OUTCOME.match(plain):
                passed[f'{binary}::{outcome["name"]}'] = outcome['result'] == 'ok'
        return Look(process.returncode, passed)


def exactly(cases):
    """The options of libtest that select cases."""
    return ['--exact', *cases] if cases else []


def names(binaries):
    """Returns a function from the path of a binary, relative or not, to its name."""
    known = {Path(one.path).name: one.name for one in binaries}
    return lambda path: known.get(Path(path).name, path) if path else None


def binaries_of(messages):
    """Yields the test binaries of which cargo has told, in its messages for programs."""
    for line in messages:
        message = json.loads(line) if line.startswith('{') else {}
        if message.get('reason') != 'compiler-artifact' or not message.get('executable'):
            continue
        if not message['profile']['test']:
            continue
        directory = str(Path(message['manifest_path']).parent)
        target = message['target']
        kind = {'lib': 'lib', 'cdylib': 'lib', 'bin': 'bin'}.get(target['kind'][0], target['name'])
        yield Binary(f'{Path(directory).name}/{kind}', message['executable'], directory)
