"""Every host, as the clients of JavaScript see it: `matrix.js`, and what the disconnect handlers are told meanwhile."""

import re

import pytest
from hosts import HERE

SOURCE = (HERE / 'matrix.js').read_text()
PER_TRANSPORT = re.findall(r'cases\[`(.+?) \$\{name\}`\]', SOURCE)
CASES = re.findall(r"^  (?:async )?'(.+?)'(?:\(\)|:)", SOURCE, re.MULTILINE)
CASES += [f'{case} {transport}' for case in PER_TRANSPORT for transport in ('polling', 'websocket', 'upgrade')]

#: What a rejected WebSocket handshake is answered with. Hypercorn and uvicorn know the extension for it.
REJECTED = 401


@pytest.mark.parametrize('case', CASES)
def test_case(matrix, process, name, case):
    outcome = matrix.outcomes(name)[case]
    assert 'error' not in outcome, f'{name}, {case}: {outcome["error"]}'
    assert outcome.get('status', REJECTED) == REJECTED
    for sid, reason in outcome.get('reasons', {}).items():
        assert process.report('disconnect', sid=sid)['reason'] == reason


def test_every_case_was_run(matrix, name):
    assert sorted(matrix.outcomes(name)) == sorted(CASES)


def test_each_session_ends_once(matrix, process, name):
    matrix.outcomes(name)
    ended = [report['sid'] for report in process.reports('disconnect')]
    assert len(ended) == len(set(ended))
