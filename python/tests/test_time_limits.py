"""Time limits in gevent, in a process of its own: the hub is not for the threads of the other tests."""

import subprocess
import sys

import pytest

RUN = [sys.executable, '-W', 'error', '-c']


def run(program):
    """Runs a program; what it asserts must hold."""
    done = subprocess.run([*RUN, PREAMBLE + program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


PREAMBLE = """
import gevent
from gevent.event import Event
from engineio_rs.async_drivers._time_limits import TimeLimit

def within(seconds, event):
    with TimeLimit(seconds, TimeoutError):
        event.wait()

def outcome(greenlet):
    greenlet.join(60)
    assert greenlet.dead
    return type(greenlet.exception)

gevent.get_hub().handle_error = lambda *_: None
"""

PROGRAMS = {
    'what_takes_too_long_is_ended': """
event = Event()
late, in_time = gevent.spawn(within, 0.05, Event()), gevent.spawn(within, 0.05, event)
gevent.sleep(0)
event.set()
assert outcome(in_time) is type(None)
assert outcome(late) is TimeoutError
""",
    'a_block_that_begins_later_ends_later': """
import time
first = gevent.spawn(within, 0.2, done := Event())
gevent.sleep(0.1)
began = time.monotonic()
second = gevent.spawn(within, 0.2, Event())
gevent.sleep(0)
done.set()
assert outcome(first) is type(None)
assert outcome(second) is TimeoutError
assert time.monotonic() - began >= 0.19
""",
    'several_end_at_once': """
greenlets = [gevent.spawn(within, 0.05, Event()) for _ in range(10)]
assert [outcome(greenlet) for greenlet in greenlets] == [TimeoutError] * 10
""",
    'a_block_that_is_over_is_left_alone': """
with TimeLimit(0.05, TimeoutError):
    pass
gevent.sleep(0.2)
""",
    'an_idle_timer_keeps_no_hub_running': """
with TimeLimit(3600, TimeoutError):
    pass
assert gevent.get_hub().join(timeout=60)
""",
    'each_hub_has_its_own': """
gevent.spawn(within, 0.05, Event()).join(60)
gevent.get_hub().destroy(destroy_loop=True)
assert outcome(gevent.spawn(within, 0.05, Event())) is TimeoutError
""",
}


@pytest.mark.parametrize('program', PROGRAMS.values(), ids=PROGRAMS)
def test_time_limits(program):
    run(program)
