"""The steps, and the groups of them that `make` knows."""

from . import parts
from .step import Step

WHEEL = ('wheel',)


def hosts(*names, needs=WHEEL):
    """The wire checks and published attacks against the Python package, in each of these hosts."""
    return [
        Step(
            f'python-conformance-{name}',
            f'wire checks, Python in {name}',
            ('scripts/python-conformance.sh', name),
            needs=needs,
            cores=1,
            minutes=4,
        )
        for name in names
    ]


#: In the order in which they start: cheap ones first, what only uses a processor before what mostly waits, and of that the
#: longest first.
STEPS = [
    Step('fmt', 'formatting', ('scripts/fmt.sh',)),
    Step('links', 'links', ('scripts/links.sh',)),
    Step('purity', 'purity of the core', ('scripts/purity.sh',)),
    Step('scripts-test', 'tests of the scripts', ('scripts/scripts-test.sh',)),
    Step('lint', 'clippy', ('scripts/lint.sh',)),
    Step('features', 'features', ('scripts/features.sh',)),
    Step('bench-check', 'benchmarks compile', ('scripts/bench-check.sh',)),
    Step('doc', 'documentation', ('scripts/doc.sh',)),
    Step('deny', 'dependencies', ('scripts/deny.sh',)),
    Step('fuzz-smoke', 'fuzzing, briefly', ('scripts/fuzz.sh', '--runs', '30000')),
    Step('unit', 'cargo test', ('scripts/unit.sh',)),
    Step('wheel', 'wheel', ('scripts/wheel.sh',)),
    # Alone, so that of the steps behind it no two install the same thing at the same time.
    Step('peers', 'peers, installed', ('scripts/peers.sh',), needs=WHEEL),
    Step('python-versions', 'the wheel on every CPython', ('scripts/python-versions.sh',), needs=WHEEL),
    Step('python-types', 'types of the Python package', ('scripts/python-types.sh',), needs=WHEEL),
    Step('python-frozen', 'the Python package, frozen and in a zip', ('scripts/python-frozen.sh',), needs=WHEEL),
    Step('conformance', 'conformance', ('scripts/conformance.sh',), cores=1),
    Step('python-own', 'tests of the Python package', ('scripts/python-own.sh',), needs=WHEEL, cores=1),
    *hosts('werkzeug', 'uvicorn'),
    Step('python-hosting', 'hosts, each briefly', ('scripts/python-hosting.sh', '-m', 'decides'), needs=WHEEL, cores=1),
    Step('python-socketio', 'npm socket.io', ('scripts/python-socketio.sh',), needs=WHEEL, cores=1),
    Step('suite-engineio', "python-engineio's own tests", ('scripts/python-suite.sh', 'engineio'), needs=WHEEL, cores=1),
    Step('suite-socketio', "python-socketio's own tests", ('scripts/python-suite.sh', 'socketio'), needs=WHEEL, cores=1),
]
#: What repeats the same checks over every host.
FULL = [
    *hosts('gevent', 'aiohttp', needs=('wheel', 'peers')),
    Step(
        'python-hosting-full',
        'hosts, the whole matrix',
        ('scripts/python-hosting.sh',),
        needs=('wheel', 'peers'),
        cores=1,
        minutes=9,
    ),
]
#: What takes too long for every change.
SOAKS = [Step('soak', 'many random conversations', ('scripts/soak.sh',), minutes=15)]
ALL = {step.name: step for step in [*STEPS, *FULL, *SOAKS]}
CHECK = ('fmt', 'links', 'purity', 'lint')
PYTHON = (
    'python-versions', 'python-types', 'python-frozen', 'python-socketio', 'suite-engineio', 'suite-socketio', 'python-own',
)
GROUPS = {
    'check': CHECK,
    'test': tuple(step.name for step in STEPS),
    'test-full': tuple(step.name for step in FULL),
    'soak': ('soak',),
    'python-test': PYTHON,
    'python-conformance': tuple(f'python-conformance-{host}' for host in ('werkzeug', 'gevent', 'uvicorn', 'aiohttp')),
}


class UnknownStep(ValueError):
    """A name that no step and no group has."""


def steps_of(name, part=''):
    """Returns the steps of a group, or a single one, each with what it needs, in the order of the plan."""
    wanted = [named(one) for one in GROUPS.get(name, [name])]
    if part:
        wanted = parts.part_of(wanted, *parts.parse(part))
    names = {step.name for step in wanted} | {need for step in wanted for need in step.needs}
    return [step for step in ALL.values() if step.name in names]


def named(name):
    """Returns a step by its name."""
    if name in ALL:
        return ALL[name]
    raise UnknownStep(f'no step or group is named {name}: there are {", ".join([*GROUPS, *ALL])}')
