"""A pytest plugin that holds a foreign test-suite against an exact list of the tests that are expected to fail.

The list names one test per line; a line that begins with `#` is the reason for those below it. A listed test that
passes fails the run, as does a test that fails without being listed, a listed test that does not exist, and a suite of
another size than the ini option `suite_size`. So the list is exact or the run is red.
"""

from pathlib import Path

import pytest


def pytest_addoption(parser):
    """Declares the options that say which list, and how large the suite is."""
    parser.addini('suite_expected_failures', 'path of the list, relative to the ini file', type='string')
    parser.addini('suite_size', 'number of tests in the whole suite', type='string')
    parser.addoption('--record', metavar='FILE', help='write the names of the tests that failed, and judge nothing')


def pytest_configure(config):
    """Registers the judge, or the recorder in its place."""
    record = config.getoption('--record')
    config.pluginmanager.register(Recorder(record) if record else Judge(config), 'suite')


def parse(path):
    """Maps the name of each listed test to the reason why it fails."""
    reasons, reason = {}, None
    for line in Path(path).read_text().splitlines():
        if line.startswith('#'):
            reason = line.lstrip('# ')
        elif line:
            if line in reasons or reason is None:
                raise pytest.UsageError(f'{path}: {line} is listed twice or without a reason')
            reasons[line] = reason
    return reasons


class Judge:
    """Marks what is listed as strictly failing and checks that the list fits the suite."""

    def __init__(self, config):
        self.reasons = parse(config.inipath.parent / config.getini('suite_expected_failures'))
        self.size = int(config.getini('suite_size'))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        """Marks the listed tests; a whole run must have collected exactly the suite."""
        for item in items:
            if item.nodeid in self.reasons:
                item.add_marker(pytest.mark.xfail(reason=self.reasons[item.nodeid], strict=True), append=False)
        if is_whole(config):
            self.check(items)

    def check(self, items):
        """Fails the run if the list or the size is not that of the suite."""
        missing = self.reasons.keys() - {item.nodeid for item in items}
        if missing:
            raise pytest.UsageError(f'listed, but no tests of the suite: {sorted(missing)}')
        if len(items) != self.size:
            raise pytest.UsageError(f'the suite has {len(items)} tests, not the expected {self.size}')


def is_whole(config):
    """Whether the command line asks for no part of the suite."""
    return not config.option.keyword and not any('.py' in argument for argument in config.args)


class Recorder:
    """Writes down what failed, to begin or to compare a list with."""

    def __init__(self, path):
        self.path = path
        self.failed = {}

    def pytest_runtest_logreport(self, report):
        """Remembers the first failure of each test with its last line."""
        if report.failed:
            self.failed.setdefault(report.nodeid, str(report.longrepr).strip().splitlines()[-1])

    def pytest_sessionfinish(self):
        """Writes the list."""
        lines = [f'{name}\t{message}\n' for name, message in self.failed.items()]
        Path(self.path).write_text(''.join(lines))
