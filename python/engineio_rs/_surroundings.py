"""What the environment says to ``requests`` and ``websocket-client``, which the client for threads does without."""

import logging
import netrc
import os
import urllib.parse
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from . import exceptions

#: Variables that name the authorities to trust instead of the system's.
_BUNDLES = ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE')
_WEBSOCKET_BUNDLE = 'WEBSOCKET_CLIENT_CA_BUNDLE'

_CERTIFICATE = b'-----BEGIN CERTIFICATE-----'


def authorities(transports: Iterable[str]) -> bytes | None:
    """The certificates that a variable names, as PEM; ``None`` without one.

    Those of ``requests`` come first where there is polling, that of ``websocket-client`` where there is none.
    """
    names = (*_BUNDLES, _WEBSOCKET_BUNDLE) if 'polling' in transports else (_WEBSOCKET_BUNDLE, *_BUNDLES)
    name = next((name for name in names if os.environ.get(name)), None)
    return None if name is None else certificates(name, os.environ[name])


def certificates(option: str, path: str | os.PathLike[str]) -> bytes:
    """The certificates in a file, or in the files of a directory.

    Raises ``ConnectionError``, with the name of the option or variable, if there are none.
    """
    try:
        files = sorted(file for file in Path(path).iterdir() if file.is_file()) if os.path.isdir(path) else [Path(path)]
        contents = [file.read_bytes() for file in files]
    except OSError as error:
        raise _useless(option, path, f'cannot be read ({error.strerror})') from error
    found = [content for content in contents if _CERTIFICATE in content]
    if not found:
        raise _useless(option, path, 'holds no certificate')
    return b'\n'.join(found)


def _useless(option: str, path: str | os.PathLike[str], words: str) -> exceptions.ConnectionError:
    what = 'set it to a file of certificates as PEM, or to a directory of such files'
    return exceptions.ConnectionError(f'{option} names {os.fspath(path)!r}, which {words}: {what}')


def login(url: str, logger: logging.Logger) -> str | None:
    """The ``Authorization`` for the host of a URL that ``.netrc``, or the file that ``NETRC`` names, has."""
    host = urllib.parse.urlsplit(url.strip()).hostname
    file = _netrc_file()
    if not host or file is None:
        return None
    try:
        entry = netrc.netrc(str(file)).authenticators(host)
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        logger.warning('%s is of no use, and nobody is logged in by it: %s', file, error)
        return None
    if entry is None:
        return None
    user, account, password = entry
    return 'Basic ' + b64encode(f'{user or account or ""}:{password or ""}'.encode()).decode()


def _netrc_file() -> Path | None:
    named = os.environ.get('NETRC')
    if named:
        candidates = [Path(named).expanduser()]
    else:
        try:
            candidates = [Path.home() / '.netrc', Path.home() / '_netrc']
        except RuntimeError:
            return None
    return next((file for file in candidates if file.is_file()), None)
