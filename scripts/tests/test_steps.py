"""The steps: their parts, their order, their report."""

import os
import signal
import threading
import unittest
from unittest import mock

from steps import parts, plan, report
from steps.execution import Execution
from steps.schedule import Schedule
from steps.step import Step


def step(name, *needs, cores=1.0, minutes=1.0):
    return Step(name, name, ('true',), needs=needs, cores=cores, minutes=minutes)


class Pretended:
    """An execution that ends when it is told to."""

    def __init__(self, step):
        self.step = step
        self.status = None
        self.lines, self.wall, self.processor = [], 1.0, 1.0
        self._ended = threading.Event()

    @property
    def passed(self):
        return self.status == 0

    def wait(self):
        self._ended.wait()

    def end(self, status=0):
        self.status = status
        self._ended.set()


class Running:
    """A schedule that runs in a thread; `next()` is the execution that was started next."""

    def __init__(self, *steps):
        self.schedule = Schedule(steps, Pretended)
        self._condition = threading.Condition()
        self._seen = 0
        self._thread = threading.Thread(target=self.schedule.run, args=(self._started,), daemon=True)
        self._thread.start()

    def _started(self, _):
        with self._condition:
            self._condition.notify_all()

    def next(self):
        with self._condition:
            assert self._condition.wait_for(lambda: len(self.schedule.executions) > self._seen, 60)
            self._seen += 1
            return self.schedule.executions[self._seen - 1]

    def finish(self):
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.schedule


class ScheduleTest(unittest.TestCase):
    def test_steps_that_mostly_wait_run_side_by_side(self):
        running = Running(step('one'), step('two'))
        both = [running.next(), running.next()]
        for one in both:
            one.end()
        self.assertEqual(len(running.finish().executions), 2)

    def test_a_step_that_works_runs_alone(self):
        running = Running(step('works', cores=2), step('waits'))
        first = running.next()
        self.assertEqual([one.step.name for one in running.schedule.executions], ['works'])
        first.end()
        running.next().end()
        running.finish()

    def test_a_failure_leaves_out_only_what_needs_the_step(self):
        running = Running(step('wheel', cores=2), step('python', 'wheel'), step('deeper', 'python'), step('other'))
        running.next().end(3)
        other = running.next()
        self.assertEqual(other.step.name, 'other')
        other.end()
        left_out = running.finish().left_out
        self.assertEqual([one.name for one in left_out], ['python', 'deeper'])

    def test_no_small_step_passes_a_large_one_that_is_due(self):
        running = Running(step('one'), step('large', cores=2), step('small'))
        running.next().end()
        second = running.next()
        self.assertEqual(second.step.name, 'large')
        second.end()
        running.next().end()
        running.finish()


class PartTest(unittest.TestCase):
    def test_every_step_is_in_one_part(self):
        steps = [step(str(number), minutes=number) for number in range(1, 8)]
        dealt = [one for number in (1, 2, 3) for one in parts.part_of(steps, number, 3)]
        self.assertEqual(sorted(one.name for one in dealt), [one.name for one in steps])

    def test_parts_take_about_the_same_time(self):
        steps = [step(str(number), minutes=number) for number in (9, 5, 3)]
        self.assertEqual([one.name for one in parts.part_of(steps, 2, 2)], ['5', '3'])

    def test_a_part_that_makes_no_sense_is_refused(self):
        for text in ('0/2', '3/2', '1', 'a/b', '1/', '-1/2'):
            with self.assertRaisesRegex(parts.PartError, 'expected n/m'):
                parts.parse(text)


class PlanTest(unittest.TestCase):
    def test_every_need_is_a_step(self):
        for one in plan.ALL.values():
            self.assertLessEqual(set(one.needs), set(plan.ALL))

    def test_every_group_holds_steps(self):
        for names in plan.GROUPS.values():
            self.assertLessEqual(set(names), set(plan.ALL))

    def test_every_step_is_part_of_a_test(self):
        whole = {name for group in ('test', 'test-full', 'soak') for name in plan.GROUPS[group]}
        self.assertEqual(whole, set(plan.ALL))

    def test_a_step_comes_with_what_it_needs(self):
        self.assertEqual([one.name for one in plan.steps_of('python-own')], ['wheel', 'python-own'])

    def test_every_part_has_what_it_needs(self):
        for number in (1, 2, 3):
            names = [one.name for one in plan.steps_of('test-full', f'{number}/3')]
            self.assertEqual(names[0], 'wheel')

    def test_an_unknown_name_is_refused(self):
        with self.assertRaisesRegex(plan.UnknownStep, 'no step or group is named x'):
            plan.steps_of('x')


class ExecutionTest(unittest.TestCase):
    def test_output_and_exit_code_are_kept(self):
        one = Execution(Step('x', 'x', ('sh', '-c', 'echo out; echo err >&2; exit 3')))
        self.assertEqual(list(one.follow()), ['out\n', 'err\n'])
        self.assertEqual((one.status, one.passed), (3, False))

    def test_what_a_step_leaves_behind_is_not_waited_for(self):
        with mock.patch('lines.lines_of.__defaults__', (0.1,)):
            one = Execution(Step('x', 'x', ('sh', '-c', 'sleep 60 & echo $!; exit 0')))
            one.wait()
        self.assertTrue(one.passed)
        os.kill(int(one.lines[0]), signal.SIGKILL)

    def test_no_step_reads_our_input(self):
        one = Execution(Step('x', 'x', ('cat',)))
        one.wait()
        self.assertTrue(one.passed)


class ReportTest(unittest.TestCase):
    def execution(self, *lines, status=0):
        one = Pretended(step('tests'))
        one.lines = [f'{line}\n' for line in lines]
        one.end(status)
        return one

    def test_the_runners_closing_lines_are_found(self):
        closing = [
            '= 3 failed, 17 passed in 1.20s =', '1708 passed in 300.12s (0:05:00)', '\x1b[34mℹ tests 5\x1b[39m',
            'ℹ fail 0', 'Ran 12 tests in 0.1s', 'test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured',
        ]
        found = report.closing_lines(self.execution('noise', *closing, '1 thing passed', 'test x ... ok'))
        self.assertEqual(len(found), len(closing))

    def test_a_failed_step_is_named_in_the_table_and_last(self):
        lines = report.whole([self.execution(status=1)], [step('lost')], 61)
        self.assertEqual(lines[-1], '== FAILED after 1:01: tests, lost')
        self.assertTrue(any('FAILED' in line and '0:01' in line for line in lines))
        self.assertTrue(any('not run' in line for line in lines))

    def test_judgements_stand_at_the_end(self):
        lines = report.whole([self.execution('FLAKY: a::b: passed [x]', status=1)], [], 1)
        self.assertEqual(lines[-2], 'FLAKY: a::b: passed [x] (tests)')
