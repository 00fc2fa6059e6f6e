"""Each difference from python-engineio that the documentation lists names tests, and those exist."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / 'docs/differences-from-python-engineio.md'
ROWS = [
    [cell.strip() for cell in line.strip('|').split(' | ')]
    for line in PAGE.read_text().splitlines()
    if line.startswith('| ') and not line.startswith('| what |')
]
FUNCTIONS = {
    name
    for folder in ('python/tests', 'conformance/hosting')
    for file in (ROOT / folder).glob('test_*.py')
    for name in re.findall(r'^(?:async )?def (test_\w+)', file.read_text(), re.MULTILINE)
}


def exists(test):
    """Whether there is a test, by the name that the page has for it."""
    file, _, name = test.partition(': ')
    if not name:
        return test in FUNCTIONS
    path = f'conformance/hosting/{file}' if file == 'matrix.js' else f'conformance/{file}.test.js'
    return name in (ROOT / path).read_text()


def test_the_page_has_rows():
    assert len(ROWS) > 100


@pytest.mark.parametrize('row', ROWS, ids=[row[0] for row in ROWS])
def test_a_difference_is_tested(row):
    tests = re.findall('`([^`]+)`', row[-1])
    assert tests, 'its last column names no test'
    assert [test for test in tests if not exists(test)] == []
