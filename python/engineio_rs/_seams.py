"""Methods that others replace, and how to find out that they did."""

from typing import Any

from ._timers import Timers


def original(function: Any) -> Any:
    """Marks a method as the package's own."""
    function.__engineio_original__ = True
    return function


def is_replaced(instance: Any, name: str) -> bool:
    """Whether the class or the object has something else in the place of an original method."""
    method = getattr(type(instance), name, None)
    return name in vars(instance) or not getattr(method, '__engineio_original__', False)


def timers_of(server: Any) -> Timers | None:
    """The timers of a server; ``None`` if it is an object that only looks like one."""
    timers = getattr(server, '_timers', None)
    return timers if isinstance(timers, Timers) else None
