"""The file in which a runner's plugin writes the outcome of each case, a line of JSON for each."""

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

#: Tells the plugins where to write.
VARIABLE = 'CASE_OUTCOMES'
PLUGINS = Path(__file__).resolve().parent / 'plugins'


@contextmanager
def collected(environment):
    """Yields the environment for a runner, and a function that returns the outcomes: whether each case passed."""
    descriptor, path = tempfile.mkstemp(prefix='outcomes-')
    os.close(descriptor)
    try:
        yield {**environment, VARIABLE: path}, lambda: read(path)
    finally:
        os.unlink(path)


def read(path):
    """Returns whether each case passed. A case that reported several times passed if it always did."""
    passed = {}
    for line in Path(path).read_text().splitlines():
        outcome = json.loads(line)
        passed[outcome['case']] = passed.get(outcome['case'], True) and outcome['passed']
    return passed
