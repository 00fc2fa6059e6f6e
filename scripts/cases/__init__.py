"""Runs test runners and knows what became of each case.

A *case* is one test of a runner (pytest, `node --test` or `cargo test`), addressed as `FILE::NAME`. A *look* is a run of the
runner. No case is repeated until it passes: what fails is looked at once more, alone, to tell what is broken (`FAILED`)
from what depends on time (`FLAKY`), and the run fails either way. `stress` looks many times while processes are stopped.
"""
