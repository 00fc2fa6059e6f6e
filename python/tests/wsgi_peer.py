"""The client's end of a WebSocket that a WSGI server has accepted."""

HANDSHAKE = {
    'HTTP_CONNECTION': 'Upgrade',
    'HTTP_UPGRADE': 'websocket',
    'HTTP_SEC_WEBSOCKET_VERSION': '13',
    'HTTP_SEC_WEBSOCKET_KEY': 'dGhlIHNhbXBsZSBub25jZQ==',
}


def read(peer, most=65536):
    """What comes next; the connection must not have ended."""
    data = peer.recv(most)
    assert data, 'the connection ended'
    return data


def read_head(peer):
    """The head of the server's answer, and nothing behind it."""
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += read(peer, 1)
    return head
