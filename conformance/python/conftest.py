"""Fixtures: servers and peers that are ended with their test, and the server's log with a failure."""

import pytest

from peers import FACES, TRANSPORTS
from server import Server


@pytest.fixture
def serve(request):
    """Starts servers: `serve(mode='commands')`."""
    servers = []

    def start(**flags):
        servers.append(Server(**flags))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
        request.node.add_report_section('teardown', 'server log', server.log())


@pytest.fixture(params=FACES)
def new_peer(request):
    """Builds clients of one face: `new_peer()`."""
    peers = []

    def build(**options):
        peers.append(FACES[request.param](**options))
        return peers[-1]

    yield build
    for peer in peers:
        peer.close()


@pytest.fixture(params=TRANSPORTS)
def transports(request):
    """The transports a client may use."""
    return TRANSPORTS[request.param]


@pytest.fixture
def connected(serve, new_peer, transports):
    """Starts a server and connects a client to it: `server, peer = connected(mode='commands')`."""

    def connect(**flags):
        server = serve(**flags)
        peer = new_peer()
        peer.connect(server.origin, transports=transports)
        return server, peer

    return connect
