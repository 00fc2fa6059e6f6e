"""Stress: what is stopped and what is not, and the table."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from cases.look import Look
from cases.stress import command, processes
from cases.stress.loop import by_file
from cases.stress.stopper import Stopper, may_stop, release, stop
from cases.stress.table import Row, Table

WAITS = 'import sys; sys.stdin.read()'
ALARM = 'import signal, sys; signal.signal(signal.SIGALRM, print); print(flush=True); sys.stdin.read()'


class ProcessTest(unittest.TestCase):
    """With a process that waits."""

    def setUp(self):
        self.child = self.start(WAITS)

    def start(self, script):
        child = subprocess.Popen(
            [sys.executable, '-c', script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.end, child)
        return child

    @staticmethod
    def end(child):
        child.kill()
        child.communicate()

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def test_it_is_stopped_and_continued(self):
        seen = []

        def sleep(_):
            seen.append(processes.status(self.child.pid)['State'][0])
            self.until(lambda: seen[1:] or not processes.is_running(self.child.pid))

        Stopper(1, sleep).round([self.child.pid])
        self.until(lambda: processes.is_running(self.child.pid))
        self.assertEqual(len(seen), 2)

    def test_one_that_its_test_has_stopped_is_left_alone(self):
        self.child.send_signal(signal.SIGSTOP)
        self.until(lambda: not processes.is_running(self.child.pid))
        self.assertFalse(may_stop(self.child.pid))

    def test_one_that_its_test_stops_meanwhile_stays_stopped(self):
        self.child.send_signal(signal.SIGSTOP)
        self.until(lambda: not processes.is_running(self.child.pid))
        self.child.send_signal(signal.SIGSTOP)
        release(self.child.pid)
        self.assertFalse(processes.is_running(self.child.pid))

    def test_one_that_has_not_come_to_a_standstill_goes_on(self):
        running = mock.patch.object(processes, 'is_running', return_value=True)
        with running, mock.patch.object(processes, 'is_pending', return_value=True):
            with mock.patch.object(processes, 'kill') as kill:
                release(self.child.pid)
        kill.assert_called_once_with(self.child.pid, signal.SIGCONT)

    def test_it_stands_still_before_it_is_looked_at(self):
        stop(self.child.pid)
        self.assertFalse(processes.is_running(self.child.pid))
        self.assertFalse(processes.is_pending(self.child.pid, signal.SIGSTOP))

    def test_one_that_waits_for_an_alarm_is_left_alone(self):
        child = self.start(ALARM)
        child.stdout.readline()
        self.assertFalse(may_stop(child.pid))
        self.assertTrue(may_stop(self.child.pid))

    def test_descendants_are_found(self):
        self.assertIn(self.child.pid, processes.descendants([os.getpid()]))
        self.assertNotIn(os.getpid(), processes.descendants([self.child.pid]))

    def test_what_is_gone_is_no_candidate(self):
        self.end(self.child)
        self.assertFalse(may_stop(self.child.pid))
        Stopper(1, lambda _: None).round([self.child.pid])


class SeedTest(unittest.TestCase):
    def test_the_same_seed_sleeps_the_same(self):
        slept = [[], []]
        for record in slept:
            stopper = Stopper(7, record.append)
            for _ in range(20):
                stopper.round([])
        self.assertEqual(*slept)
        self.assertLessEqual(max(slept[0]), 1.0)


class TableTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / 'deep' / 'table.tsv'

    def test_runs_add_up_and_survive(self):
        for _ in range(2):
            table = Table(self.path)
            table.add('suite', 'file', Look(0, {'file::a': True, 'file::b': True}))
            table.write()
        self.assertEqual(Table(self.path).rows, {('suite', 'file'): Row(cases=2, runs=2, failures=0)})

    def test_a_case_that_failed_gets_a_row_and_keeps_it(self):
        table = Table(self.path)
        table.add('suite', 'file', Look(0, {'file::a': True}))
        table.add('suite', 'file', Look(1, {'file::a': False}))
        table.add('suite', 'file', Look(0, {'file::a': True}))
        self.assertEqual(table.rows['suite', 'file::a'], Row(cases=1, runs=3, failures=1))
        self.assertEqual(table.rows['suite', 'file'], Row(cases=1, runs=3, failures=1))

    def test_a_run_that_failed_in_no_case_is_a_failure(self):
        table = Table(self.path)
        table.add('suite', 'file', Look(1))
        self.assertEqual(table.rows['suite', 'file'].failures, 1)

    def test_a_case_that_was_not_there_is_a_failure(self):
        table = Table(self.path)
        table.add('suite', 'file::gone', Look(0, {'file::a': True}))
        self.assertEqual(table.rows['suite', 'file::gone'], Row(cases=1, runs=1, failures=1))

    def test_cases_that_are_run_together_are_counted_apart(self):
        table, look = Table(self.path), Look(1, {'file::a': True, 'file::b': False})
        for address in look.passed:
            table.add('suite', address, look)
        self.assertEqual([row.failures for row in table.rows.values()], [0, 1])

    def test_a_file_is_forgotten_with_its_cases(self):
        table = Table(self.path)
        table.add('suite', 'file', Look(1, {'file::a': False}))
        table.add('suite', 'file2', Look(0, {'file2::a': True}))
        table.forget('suite', 'file')
        self.assertEqual(list(table.rows), [('suite', 'file2')])


class LoopTest(unittest.TestCase):
    def test_the_cases_of_a_file_are_run_together(self):
        self.assertEqual(by_file(['a::x', 'b', 'a::y', 'a']), [['a::x', 'a::y'], ['b'], ['a']])


class CommandTest(unittest.TestCase):
    def test_suspects_are_addresses(self):
        self.assertIn('werkzeug', command.addresses(['suspects']))

    def test_an_address_names_its_suite(self):
        self.assertEqual(command.addresses(['hosting/a.py::b[c/d]']), {'hosting': ['a.py::b[c/d]']})

    def test_a_suite_is_all_of_its_files(self):
        self.assertIn('test_wire.py', command.addresses(['hosting'])['hosting'])

    def test_an_unknown_suite_is_refused(self):
        with self.assertRaisesRegex(SystemExit, 'CASE=x/y: expected one of conformance'):
            command.addresses(['x/y'])
