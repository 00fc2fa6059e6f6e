"""The option ``cors_allowed_origins``: the pages that may connect."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from . import _core, _options

#: What is no origin of a page, but could be what a program calls itself in the field ``Origin``.
_NAME = re.compile(r'(?!localhost$)[\w-]+', re.ASCII | re.IGNORECASE)


def check(option: Any) -> None:
    """Raises ``ValueError`` for an origin that no browser sends, and says what is wrong with it."""
    for text in _listed(option):
        fault = _core.origin_fault(text)
        if fault is not None and text.strip() != '*' and not _NAME.fullmatch(text):
            raise ValueError(f'cors_allowed_origins has {text!r}, which {fault}; expected {_expected(text)}')


def odd_ones(option: Any) -> list[str]:
    """The entries that no browser sends, and that programs may."""
    return [text for text in _listed(option) if text.strip() != '*' and _core.origin_fault(text) is not None]


def accepted(option: Any, environ: dict[str, Any]) -> list[str] | str | bool | None:
    """Which origins are accepted for a request, as the native module's ``check`` takes it: ``None`` for the server's
    own, True for any, False for no check, a list, or the one that a function accepts.
    """
    if option is None:
        return None
    if callable(option):
        return _asked(option, environ)
    if option == []:
        return False
    texts = _listed(option)
    return True if any(text.strip() == '*' for text in texts) else texts


def _listed(option: Any) -> list[str]:
    if option is None or callable(option):
        return []
    return [option] if isinstance(option, str) else list(option)


def _asked(allows: Callable[..., Any], environ: dict[str, Any]) -> str:
    origin = environ.get('HTTP_ORIGIN')
    return origin if origin and _options.call_with(allows, origin, environ) else ''


def _expected(text: str) -> str:
    """What to write instead."""
    if not text.strip():
        return "an origin such as 'https://app.example', None for the server's own, or '*' for any"
    if '*' in text:
        return 'a list of origins, or a function that is called with each origin and returns whether it is accepted'
    parts = [part for part in re.split(r'[,;\s]+', text) if part]
    if len(parts) > 1:
        return f'a list of origins: {_origins_in(parts)!r}'
    return f'scheme://host or scheme://host:port, as in {_origins_in(parts)[0]!r}'


def _origins_in(texts: Iterable[str]) -> list[str]:
    """The origins that were probably meant."""
    return [_origin_in(text) or 'https://app.example' for text in texts]


def _origin_in(text: str) -> str | None:
    address = text.lstrip('/')
    if '://' not in address:
        scheme = 'http' if re.match(r'(localhost|127\.|\[::1])', address) else 'https'
        address = f'{scheme}://{address}'
    scheme, _, rest = address.partition('://')
    origin = f'{scheme}://{re.split("[/?#]", rest)[0].rpartition("@")[2]}'
    return origin if _core.origin_fault(origin) is None else None
