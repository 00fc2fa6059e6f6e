"""A pytest plugin that writes the outcome of each case into the file that `CASE_OUTCOMES` names."""

import json
import os
from pathlib import Path

import pytest


def pytest_configure(config):
    """Registers the writer if somebody wants to know; for this process only, not for a pytest that a test starts."""
    path = os.environ.pop('CASE_OUTCOMES', None)
    if path:
        config.pluginmanager.register(Writer(config, path), 'case-outcomes')


class Writer:
    """Writes a line for each phase of a case that failed, and for each call that passed."""

    def __init__(self, config, path):
        self._directory = Path(config.invocation_params.dir)
        self._root = config.rootpath
        self._path = path

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report):
        """Notes what became of a phase."""
        if report.failed or (report.when == 'call' and report.passed):
            self._note(report.nodeid, report.passed)

    @pytest.hookimpl
    def pytest_collectreport(self, report):
        """Notes a file that could not be loaded."""
        if report.failed:
            self._note(report.nodeid, passed=False)

    def _note(self, nodeid, passed):
        file, separator, name = nodeid.partition('::')
        address = os.path.relpath(self._root / file, self._directory) + separator + name
        with open(self._path, 'a') as outcomes:
            outcomes.write(json.dumps({'case': address, 'passed': passed}) + '\n')
