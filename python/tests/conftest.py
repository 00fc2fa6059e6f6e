"""What all tests share."""

import logging
import warnings

import pytest
from client_faces import CLIENT_FACES, TRANSPORTS
from faces import FACES


@pytest.fixture(autouse=True)
def levels_of_loggers():
    """Servers and clients with `logger=True` set the level of a logger that all of them share."""
    loggers = [logging.getLogger(name) for name in ('engineio.server', 'engineio.client')]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels):
        logger.setLevel(level)


@pytest.fixture(params=FACES)
def face_of(request):
    """Makes a server of either kind with options; it is closed at the end."""
    made = []

    def make(**options):
        made.append(FACES[request.param](**options))
        return made[-1]

    yield make
    for face in made:
        face.close()


@pytest.fixture
def face(face_of):
    """A server of either kind that handles messages in order."""
    return face_of(async_handlers=False)


@pytest.fixture(params=CLIENT_FACES)
def client_of(request):
    """Makes a client of either kind with options; it is closed at the end."""
    made = []

    def make(**options):
        made.append(CLIENT_FACES[request.param](**options))
        return made[-1]

    yield make
    for face in made:
        face.close()


@pytest.fixture(params=['native', 'portable'])
def any_client(request, client_of):
    """Makes a client of either kind over its own sockets or over a library."""

    def make(**options):
        face = client_of(**options)
        if request.param == 'portable':
            face.use_library()
        return face

    return make


@pytest.fixture(params=TRANSPORTS)
def transports(request):
    """The transports that a client may use."""
    return TRANSPORTS[request.param]


@pytest.fixture(autouse=True)
def quiet():
    """Options that do not exist are for the test that is about them."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        yield
