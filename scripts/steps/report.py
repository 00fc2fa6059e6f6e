"""The end of a run: the time of each step, and the closing lines of the test runners."""

import re

#: pytest, node --test, unittest and libtest end with these.
CLOSING = re.compile(
    r'^(=*\s?\d+ (passed|failed|error|skipped|xfailed|deselected).* in [\d.]+s'
    r'|ℹ (tests|pass|fail|cancelled|skipped) \d+'
    r'|Ran \d+ tests? in '
    r'|test result: )'
)
#: A judgement on a case after a second look.
JUDGED = re.compile(r'^(FAILED|FLAKY): ')
COLOUR = re.compile(r'\x1b\[[0-9;]*m')
#: libtest also says that nothing was to be run.
EMPTY = re.compile(r'^test result: ok\. 0 passed; 0 failed; 0 ignored;')


def clock(seconds):
    """Minutes and seconds."""
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def table(executions, left_out):
    """Returns a line for each step."""
    width = max(len(step.title) for step in [*(one.step for one in executions), *left_out])
    lines = [f'{"step":{width}}  {"time":>6}  {"processor":>9}  result']
    for one in executions:
        result = 'passed' if one.passed else 'FAILED'
        lines.append(f'{one.step.title:{width}}  {clock(one.wall):>6}  {clock(one.processor):>9}  {result}')
    lines += [f'{step.title:{width}}  {"-":>6}  {"-":>9}  not run: a step that it needs failed' for step in left_out]
    return lines


def closing_lines(execution):
    """Returns the closing lines of the test runners of a step, as they were printed."""
    return [plain for plain in _plain(execution) if CLOSING.match(plain) and not EMPTY.match(plain)]


def judgements(execution):
    """Returns the cases of a step that were looked at twice, and what was found."""
    return [plain for plain in _plain(execution) if JUDGED.match(plain)]


def whole(executions, left_out, wall):
    """Returns the lines of the report."""
    lines = ['', '== the runners\' closing lines']
    for one in executions:
        closing = closing_lines(one)
        lines += [f'-- {one.step.title}', *closing] if closing else []
    lines += ['', '== times', *table(executions, left_out), '']
    for one in executions:
        lines += [f'{line} ({one.step.title})' for line in judgements(one)]
    return [*lines, verdict(executions, left_out, wall)]


def verdict(executions, left_out, wall):
    """Returns the last line."""
    failed = [one.step.title for one in executions if not one.passed] + [step.title for step in left_out]
    if failed:
        return f'== FAILED after {clock(wall)}: {", ".join(failed)}'
    return f'== {len(executions)} steps passed in {clock(wall)}'


def _plain(execution):
    return [COLOUR.sub('', line).rstrip() for line in execution.lines]
