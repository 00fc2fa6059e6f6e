"""The options of servers and clients, as their users give them."""

import difflib
import functools
import inspect
import warnings
from collections.abc import Callable, Collection, Iterable
from typing import Any

from . import _checks, _core

_warned: set[str] = set()


def warn_of_unknown(names: Iterable[str], known: Iterable[str]) -> None:
    """Warns of options that do not exist, once for each in a process: later versions may know them."""
    for name in names:
        if name in _warned:
            continue
        _warned.add(name)
        nearest = difflib.get_close_matches(name, list(known), n=1)
        hint = f'; did you mean {nearest[0]!r}?' if nearest else ''
        warnings.warn(f'the server has no option {name!r}, which is ignored{hint}', stacklevel=4)


def intervals(ping_interval: Any) -> tuple[Any, Any]:
    """The ping interval and the grace period."""
    if isinstance(ping_interval, tuple) and len(ping_interval) == 2:
        return ping_interval
    return ping_interval, 0


def transports_of(transports: str | Iterable[str] | None, valid: list[str]) -> list[str]:
    """The transports that are offered. Raises ``ValueError`` if none of them exists."""
    if transports is None:
        return valid
    given = [transports] if isinstance(transports, str) or not isinstance(transports, Iterable) else transports
    chosen = [transport for transport in given if transport in valid]
    if not chosen:
        raise ValueError(f'No valid transports provided: {transports!r}; expected some of {valid}')
    return chosen


def proxies_of(option: str | Iterable[str] | None) -> _core.TrustedProxies:
    """The peers whose forwarded headers are believed. Raises ``ValueError`` for what is neither address nor network."""
    return _proxies(option if option is None or isinstance(option, str) else ','.join(option))


@functools.lru_cache(maxsize=16)
def _proxies(entries: str | None) -> _core.TrustedProxies:
    return _core.TrustedProxies(entries)


def register(
    handlers: dict[str, Any],
    names: Collection[str],
    event: str,
    handler: Any = None,
    check: Callable[[str, Callable[..., Any]], None] | None = None,
) -> Any:
    """Sets the handler of an event, which ``check`` raises for if it is none. Without one, returns what does that as a
    decorator.
    """
    if event not in names:
        raise ValueError(f'Invalid event: {event!r} is not {_checks.one_of(names)}')

    def set_handler(handler: Callable[..., Any]) -> Callable[..., Any]:
        if check is not None:
            check(event, handler)
        handlers[event] = handler
        return handler

    if handler is None:
        return set_handler
    set_handler(handler)
    return None


def call_with(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a function with as many of the arguments as it takes, one less at the least."""
    return function(*args) if takes(function, *args) else function(*args[:-1])


def takes(function: Callable[..., Any], *args: Any) -> bool:
    """Whether a function can be called with these arguments. One that does not tell is taken at its best."""
    try:
        inspect.signature(function).bind(*args)
    except TypeError:
        return False
    except ValueError:
        pass
    return True


def cookie_attributes(cookie: Any, call: bool = True) -> tuple[str, list[tuple[str, str | None]]]:
    """The name of the cookie and its attributes, in order; ``None`` stands for one without a value.

    With ``call`` false, attributes that are functions are left out.
    """
    if not isinstance(cookie, dict):
        cookie = {'name': str(cookie), 'path': '/', 'SameSite': 'Lax'}
    attributes = []
    for name, value in cookie.items():
        if callable(value):
            value = value() if call else None
        if name != 'name' and value is not None and value is not False:
            attributes.append((name, None if value is True else str(value)))
    return cookie.get('name', 'io'), attributes
