"""What the values of a server's options must be, looked at whenever one is set."""

import ipaddress
import math
import numbers
import sys
from collections.abc import Callable, Collection
from typing import Any

from . import _origins


def check(name: str, value: Any) -> None:
    """Raises ``ValueError`` if that is an option, and the value is of no use: says what it is, and what was expected."""
    rule = _RULES.get(name)
    if rule is not None and not rule[0](value):
        raise ValueError(f'{name} is {value!r}; expected {rule[1]}')
    if name == 'cors_allowed_origins':
        _origins.check(value)


def one_of(names: Collection[str]) -> str:
    """Words for what can be chosen."""
    return 'one of ' + ', '.join(map(repr, names))


def is_number(value: Any, least: float = 0, most: float = math.inf) -> bool:
    """Whether that is a number within these limits."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and least <= value <= most


def _is_time(value: Any) -> bool:
    # Longer than any process lives; more could not be counted.
    return is_number(value, most=1e9)


def _is_cookie(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get('name', ''), str) and all(map(_is_attribute, value.values()))
    return value is None or value is False or isinstance(value, str)


def _is_attribute(value: Any) -> bool:
    return value is None or isinstance(value, (str, numbers.Real)) or callable(value)


def _are_origins(value: Any) -> bool:
    if value is None or isinstance(value, str) or callable(value):
        return True
    return isinstance(value, Collection) and all(isinstance(origin, str) for origin in value)


def _are_transports(value: Any) -> bool:
    is_list = isinstance(value, Collection) and not isinstance(value, str)
    return is_list and bool(value) and all(transport in ('polling', 'websocket') for transport in value)


def _are_proxies(value: Any) -> bool:
    if value is None:
        return True
    entries = value.split(',') if isinstance(value, str) else value
    return isinstance(entries, Collection) and all(isinstance(entry, str) and _is_proxy(entry) for entry in entries)


def _is_proxy(entry: str) -> bool:
    try:
        return entry.strip() in ('', '*', 'unix') or bool(ipaddress.ip_network(entry.strip(), strict=False))
    except ValueError:
        return False


def _is_logger(value: Any) -> bool:
    methods = ('info', 'warning', 'error', 'exception')
    return isinstance(value, bool) or all(callable(getattr(value, method, None)) for method in methods)


#: What is a value of the option, and words for that.
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    'ping_interval': (
        _is_time,
        'a number of seconds, zero or more, or, when the server is made, a tuple (interval, grace period) of such',
    ),
    'ping_interval_grace_period': (_is_time, 'a number of seconds, zero or more'),
    'ping_timeout': (_is_time, 'a number of seconds, zero or more'),
    'max_http_buffer_size': (lambda value: is_number(value, 1, sys.maxsize), 'a number of bytes, one or more'),
    'compression_threshold': (is_number, 'a number of bytes, zero or more'),
    'cookie': (
        _is_cookie,
        "None, the name of the cookie, or a dictionary of the name, as 'name', and attributes: text, numbers, True, or "
        'functions that return such',
    ),
    'cors_allowed_origins': (_are_origins, "None, an origin such as 'https://example.com', a list of origins, '*', or a function"),
    'trusted_proxies': (
        _are_proxies,
        "None, '*', an address or a network such as '10.0.0.0/8', 'unix', or a list of these; [] for nobody",
    ),
    'transports': (_are_transports, "a list of 'polling', 'websocket' or both"),
    'logger': (_is_logger, 'True, False or a logger, as logging.getLogger() returns'),
    'max_inbound_bytes': (
        lambda value: value is None or (isinstance(value, int) and is_number(value, 1, sys.maxsize)),
        'None or a whole number of bytes, one or more',
    ),
    'max_async_handlers': (lambda value: isinstance(value, int) and value >= 1, 'a whole number, one or more'),
}
