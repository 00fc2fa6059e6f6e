"""python3 -m steps NAME [PART]: runs a step with what it needs, or a group of steps; see `plan`."""

import sys
import threading
import time
from queue import SimpleQueue

from . import parts, plan, report
from .execution import Execution
from .schedule import Schedule


def main(name, part=''):
    """Runs the steps and reports; returns the exit code."""
    try:
        steps = plan.steps_of(name, part)
    except (plan.UnknownStep, parts.PartError) as error:
        sys.exit(f'error: {error}')
    began = time.monotonic()
    schedule = Schedule(steps, Execution)
    started = SimpleQueue()
    printer = threading.Thread(target=print_all, args=(started,), daemon=True)
    printer.start()
    schedule.run(started.put)
    started.put(None)
    printer.join()
    wall = time.monotonic() - began
    for line in report.whole(schedule.executions, schedule.left_out, wall):
        print(line)
    return int(bool(schedule.left_out) or not all(one.passed for one in schedule.executions))


def print_all(started):
    """Prints the output of one step after the other, even if they run side by side."""
    while (execution := started.get()) is not None:
        print(f'\n== {execution.step.title}', flush=True)
        for line in execution.follow():
            sys.stdout.write(line)
            sys.stdout.flush()
        if not execution.passed:
            print(f'\n== FAILED: {execution.step.title}', flush=True)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
