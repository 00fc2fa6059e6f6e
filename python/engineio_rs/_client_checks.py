"""What the options of a client must be, looked at when they are given."""

import os
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _checks

#: What ``websocket.create_connection()`` and ``aiohttp.ClientSession.ws_connect()`` know.
_EXTRA_OPTIONS = frozenset(
    """
    autoclose autoping auth class_ compress connection cookie dispatcher enable_multithread fingerprint fire_cont_frame
    header headers heartbeat host http_no_proxy http_proxy_auth http_proxy_host http_proxy_port http_proxy_timeout
    max_msg_size max_payload_size method origin params protocols proxy proxy_auth proxy_headers proxy_type receive_timeout
    redirect_limit server_hostname skip_utf8_validation socket sockopt ssl ssl_context sslopt subprotocols
    suppress_host suppress_origin timeout verify_ssl decode_text
    """.split()
)


def check_options(options: Mapping[str, Any]) -> None:
    """Raises ``ValueError`` for the first option of the constructor that is of no use."""
    for name, value in options.items():
        rule = _RULES.get(name)
        if rule is not None and not rule[0](value):
            raise ValueError(f'{name} is {value!r}; expected {rule[1]}')
    check_extra_options(options.get('websocket_extra_options'))


def check_extra_options(options: Any) -> None:
    """Raises ``ValueError`` for an option that no library knows."""
    unknown = sorted(set(options or ()) - _EXTRA_OPTIONS, key=str)
    if unknown:
        raise ValueError(
            f'websocket_extra_options has {unknown[0]!r}, which neither websocket.create_connection() nor '
            'aiohttp.ClientSession.ws_connect() knows'
        )


def check_setting(name: str, value: Any) -> None:
    """Raises ``ValueError`` for a setting of ``reconnect`` that is of no use."""
    rule, words = _SETTINGS[name]
    if not rule(value):
        raise ValueError(f'reconnect[{name!r}] is {value!r}; expected {words}')


def check_call(url: Any, headers: Any, engineio_path: Any) -> None:
    """Raises ``ValueError`` for arguments of ``connect()`` that are of no use."""
    if headers is not None and not isinstance(headers, Mapping):
        # Not what it is: that may be secret.
        raise ValueError(f'headers is of type {type(headers).__name__}; expected a dictionary')
    if not isinstance(url, str):
        raise ValueError(f'url is {url!r}; expected text such as http://localhost:5000')
    try:
        urllib.parse.urlsplit(url)
    except ValueError as error:
        raise ValueError(f'url is {url!r}; expected a URL such as http://localhost:5000 ({error})') from None
    if not isinstance(engineio_path, str) or any(character in engineio_path for character in '?#\r\n'):
        raise ValueError(f'engineio_path is {engineio_path!r}; expected a path without a query')


def headers_of(headers: Any, extra: Any) -> dict[str, str]:
    """Headers with those of the extra options, which are a mapping or a list of lines; the latter win, and those that
    are ``None`` are left out.

    Raises ``ValueError`` for one that cannot be sent.
    """
    joined = {**_mapping('headers', headers), **_mapping('websocket_extra_options', extra)}
    return {name: _checked(name, value) for name, value in joined.items() if value is not None}


def _mapping(option: str, headers: Any) -> dict[Any, Any]:
    if headers is None:
        return {}
    if isinstance(headers, Mapping):
        return dict(headers)
    if isinstance(headers, Iterable) and not isinstance(headers, str | bytes):
        lines = list(headers)
        if all(isinstance(line, str) and ':' in line for line in lines):
            pairs = (line.split(':', 1) for line in lines)
            return {name.strip(): value.strip() for name, value in pairs}
    raise ValueError(f"{option} has headers of type {type(headers).__name__}; expected a dictionary, or a list of 'Name: value'")


def _checked(name: Any, value: Any) -> str:
    if not isinstance(name, str) or not name or not set(name) <= _TOKEN:
        raise ValueError(f'headers has the name {name!r}; expected text of letters, digits and hyphens')
    if not isinstance(value, str):
        raise ValueError(f'headers has {name!r} with a value of type {type(value).__name__}; expected str, or None to leave it out')
    if any(character < ' ' and character != '\t' or character == '\x7f' for character in value):
        raise ValueError(f'headers has {name!r} with a line end or control character; expected text in one line')
    return value


_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _is_time(value: Any) -> bool:
    return _checks.is_number(value, most=86400) and value > 0


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike)


def _is_certificate(value: Any) -> bool:
    pair = isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_path, value))
    return value is None or _is_path(value) or pair


def _is_reconnect(value: Any) -> bool:
    return value is None or isinstance(value, bool | Mapping)


#: What is a value of the option, and words for that.
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    'request_timeout': (_is_time, 'a number of seconds, more than zero and at most a day'),
    'ssl_verify': (
        lambda value: isinstance(value, bool | int) and value in (True, False),
        'True or False; ca_certs names authorities to trust besides those of the system',
    ),
    'websocket_extra_options': (
        lambda value: value is None or isinstance(value, Mapping),
        'a dictionary of arguments for websocket.create_connection() or aiohttp.ClientSession.ws_connect()',
    ),
    'ca_certs': (
        lambda value: value is None or isinstance(value, bytes) or _is_path(value),
        'the path of a PEM file or of a directory of them, or PEM as bytes',
    ),
    'client_cert': (_is_certificate, 'the path of a PEM file with chain and key, or the paths of two'),
    'proxy': (lambda value: value is None or isinstance(value, str), 'the URL of a proxy, as text'),
    'max_payload': (lambda value: isinstance(value, int) and 1 <= value < 1 << 62, 'a number of bytes, one or more'),
    'reconnect': (_is_reconnect, 'True, False, or a dictionary of settings'),
}

#: The same for the settings of `reconnect`.
_SETTINGS: dict[str, tuple[Callable[[Any], bool], str]] = {
    'initial_delay': (_is_time, 'a number of seconds, more than zero and at most a day'),
    'max_delay': (_is_time, 'a number of seconds, more than zero and at most a day'),
    'factor': (lambda value: _checks.is_number(value, 1), 'a number, one or more'),
    'jitter': (lambda value: _checks.is_number(value, 0, 1), 'a number from 0 to 1'),
    'max_attempts': (
        lambda value: value is None or isinstance(value, int) and 0 <= value < 1 << 32,
        'None, or a whole number, zero or more',
    ),
}
