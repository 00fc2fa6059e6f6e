"""The second look: at the cases that failed, alone, to tell what is broken from what depends on time."""

import sys

#: So many cases are looked at again at most; where more fail, time is not the cause.
MOST = 40


def run(runner, selection, suite):
    """Runs the selection, looks a second time at what failed, and returns the exit code of the first look."""
    first = runner.look(selection)
    if first.status == 0 and not first.failed:
        return 0
    for line in judge(runner, first):
        print(f'{line} [{suite}]', flush=True)
    return first.status or 1


def judge(runner, first):
    """Yields a line for each case that failed: `FAILED`, or `FLAKY` if it passes now."""
    if not first.failed:
        yield 'FAILED: the run itself, in no case of its own'
        return
    if len(first.failed) > MOST:
        print(f'-- {len(first.failed)} cases failed: none is looked at again', flush=True)
        yield from (f'FAILED: {case}' for case in first.failed)
        return
    print(f'\n-- a second look at {len(first.failed)} failed cases, alone', flush=True)
    second = runner.look(first.failed)
    sys.stdout.flush()
    for case in first.failed:
        # A case that is not there any more has not passed.
        passed = second.passed.get(case, False)
        yield f'FLAKY: {case}: passed at the second look; find its cause' if passed else f'FAILED: {case}: twice'
