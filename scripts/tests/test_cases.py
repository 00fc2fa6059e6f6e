"""The runners of cases and the second look, with small tests of each kind."""

import io
import os
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

from cases import cargo_runner, node_runner, second_look
from cases.look import Look

NODE_CASES = '''
import { describe, it } from 'node:test';
import { existsSync, writeFileSync } from 'node:fs';
describe('group', () => {
  it('passes', () => {});
  it('fails (always)', () => { throw new Error('no'); });
  it('fails once', () => {
    if (existsSync('was')) return;
    writeFileSync('was', '');
    throw new Error('once');
  });
  it.skip('is left out', () => {});
});
'''

NODE_LIBRARY = '''
import { describe, it } from 'node:test';
export const suite = (title) => describe(title, () => { it('a', () => {}); });
'''


class PretendedRunner:
    """A runner whose looks are given."""

    def __init__(self, *looks):
        self.looks, self.selections = list(looks), []

    def look(self, selection):
        self.selections.append(selection)
        return self.looks.pop(0)


def judged(*looks):
    """The exit code, what was printed, and the selections."""
    runner, printed = PretendedRunner(*looks), io.StringIO()
    with redirect_stdout(printed):
        status = second_look.run(runner, ['all'], 'suite')
    return status, printed.getvalue(), runner.selections


class SecondLookTest(unittest.TestCase):
    def test_what_passes_is_not_looked_at_again(self):
        self.assertEqual(judged(Look(0, {'a': True})), (0, '', [['all']]))

    def test_a_case_that_fails_twice_has_failed(self):
        status, printed, selections = judged(Look(1, {'a': False, 'b': True}), Look(1, {'a': False}))
        self.assertEqual((status, selections), (1, [['all'], ['a']]))
        self.assertIn('FAILED: a: twice [suite]', printed)

    def test_a_case_that_passes_then_is_flaky_and_fails_the_run(self):
        status, printed, _ = judged(Look(1, {'a': False}), Look(0, {'a': True}))
        self.assertEqual(status, 1)
        self.assertIn('FLAKY: a: passed at the second look', printed)

    def test_a_case_that_is_not_found_again_has_failed(self):
        self.assertIn('FAILED: a', judged(Look(1, {'a': False}), Look(0))[1])

    def test_a_failure_of_no_case_is_told(self):
        status, printed, selections = judged(Look(2, {'a': True}))
        self.assertEqual((status, selections), (2, [['all']]))
        self.assertIn('FAILED: the run itself', printed)

    def test_many_failures_are_not_looked_at_again(self):
        status, printed, selections = judged(Look(1, {str(number): False for number in range(41)}))
        self.assertEqual((status, selections, printed.count('FAILED: ')), (1, [['all']], 41))


class NodeTest(unittest.TestCase):
    def test_cases_are_found_and_run_again_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / 'package.json').write_text('{"type": "module"}')
            (Path(directory) / 'x.test.js').write_text(NODE_CASES)
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(directory)
            runner = node_runner.NodeRunner(['node', '--test'])
            first = runner.look(['x.test.js'], to=io.StringIO())
            names = {case.rpartition(' > ')[2]: passed for case, passed in first.passed.items()}
            self.assertEqual(names, {'passes': True, 'fails (always)': False, 'fails once': False})
            second = runner.look(first.failed, to=io.StringIO())
            self.assertEqual(sorted(second.passed.values()), [False, True])

    def test_a_case_that_a_library_declares_stands_in_the_file_that_names_its_group(self):
        with tempfile.TemporaryDirectory() as directory:
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(directory)
            Path('package.json').write_text('{"type": "module"}')
            Path('lib.js').write_text(NODE_LIBRARY)
            for name in ('one', 'two'):
                Path(f'{name}.test.js').write_text(f"import {{ suite }} from './lib.js';\nsuite('group {name}');\n")
            runner = node_runner.NodeRunner(['node', '--test'])
            whole = runner.look(['one.test.js', 'two.test.js'], to=io.StringIO())
            self.assertEqual(sorted(whole.passed), ['one.test.js::group one > a', 'two.test.js::group two > a'])
            alone = runner.look(['two.test.js::group two > a'], to=io.StringIO())
            self.assertEqual(list(alone.passed), ['two.test.js::group two > a'])

    def test_files_and_cases_are_runs_of_their_own(self):
        self.assertEqual(
            node_runner.runs(['a.js', 'b.js::g > x (1)', 'c.js']),
            [['a.js', 'c.js'], ['--test-name-pattern=^x \\(1\\)$', 'b.js']],
        )


class CargoTest(unittest.TestCase):
    def test_outcomes_carry_the_name_of_their_binary(self):
        output = (
            '     Running unittests src/lib.rs (target/debug/deps/a-12)\n'
            'test x::y ... ok\ntest z - should panic ... FAILED\ntest w ... ignored\n'
            '   Doc-tests a\ntest src/lib.rs - f (line 3) ... ok\n'
        )
        binaries = [cargo_runner.Binary('a/lib', '/t/target/debug/deps/a-12', '/t/a')]
        look = cargo_runner.CargoRunner._run(
            ['printf', '%s', output], {'PATH': '/usr/bin:/bin'}, cargo_runner.names(binaries), io.StringIO()
        )
        self.assertEqual(
            look.passed, {'a/lib::x::y': True, 'a/lib::z': False, 'doc/a::src/lib.rs - f (line 3)': True}
        )

    def test_binaries_are_named_after_package_and_target(self):
        message = (
            '{"reason": "compiler-artifact", "executable": "/t/x-1", "manifest_path": "/r/crates/p/Cargo.toml",'
            ' "profile": {"test": true}, "target": {"kind": ["test"], "name": "server"}}'
        )
        self.assertEqual([one.name for one in cargo_runner.binaries_of([message, 'noise'])], ['p/server'])
