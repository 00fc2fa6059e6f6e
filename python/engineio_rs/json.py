"""A JSON module with sane limits: the standard library's, which refuses integers of more than 100 digits.

Any object with compatible ``dumps`` and ``loads`` can take its place, see the ``json`` option of the server.
"""

from json import *  # noqa: F403
from json import loads as _loads
from typing import Any

#: Tells that texts which cannot be JSON need not be tried with ``loads``.
__engineio_default__ = True

#: An integer of a million digits would take minutes to read.
_MAX_DIGITS = 100


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError('Integer is too large')
    return int(digits)


def loads(*args: Any, **kwargs: Any) -> Any:  # type: ignore[no-redef]
    """As ``json.loads``, with integers of up to 100 digits; longer ones raise ``ValueError``."""
    kwargs.setdefault('parse_int', _bounded_int)
    return _loads(*args, **kwargs)
