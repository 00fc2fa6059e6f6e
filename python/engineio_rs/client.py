"""The client for threads, which is not part of this version."""

from . import base_client


class Client(base_client.BaseClient):
    """Raises ``NotImplementedError`` when it is made: this version of the package has servers only."""
