"""Every host, as the clients of JavaScript see it: `matrix.js`, and what the disconnect handlers are told meanwhile."""

import re
import subprocess

import pytest
from hosts import HERE, HOSTS

SOURCE = (HERE / 'matrix.js').read_text()
PER_TRANSPORT = re.findall(r'cases\[`(.+?) \$\{name\}`\]', SOURCE)
CASES = re.findall(r"^  (?:async )?'(.+?)'(?:\(\)|:)", SOURCE, re.MULTILINE)
CASES += [f'{case} {transport}' for case in PER_TRANSPORT for transport in ('polling', 'websocket', 'upgrade')]

#: A handshake, an upgrade, messages both ways, and the end from either side.
BRIEF = ('echo by upgrade', 'server closes upgrade')


@pytest.mark.parametrize(
    'case', [pytest.param(case, marks=[pytest.mark.decides] if case in BRIEF else []) for case in CASES]
)
def test_case(matrix, process, name, case):
    outcome = matrix.outcomes(name)[case]
    assert 'error' not in outcome, f'{name}, {case}: {outcome["error"]}'
    assert outcome.get('status') in (None, HOSTS[name].rejection_status)
    for sid, reason in outcome.get('reasons', {}).items():
        assert process.report('disconnect', sid=sid)['reason'] == reason


def test_the_cases_are_all_that_there_are():
    listed = subprocess.run(['node', str(HERE / 'matrix.js'), '--list'], check=True, capture_output=True, text=True)
    assert sorted(listed.stdout.splitlines()) == sorted(CASES)


def test_each_session_ends_once(matrix, process, name):
    matrix.outcomes(name)
    ended = [report['sid'] for report in process.reports('disconnect')]
    assert len(ended) == len(set(ended))
