"""Runs cases many times while their processes are stopped and continued at random and all cores are busy.

What depends on time fails under it. Two things are not done, as only such stopping could cause what comes of them: a
process that its test has stopped is not continued, and one that waits for an alarm is not stopped.
"""

from .loop import VARIABLE, run

__all__ = ['VARIABLE', 'run']
