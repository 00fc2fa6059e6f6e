"""The option ``logger`` of servers and clients."""

import logging
import re
from typing import Any


class _Verbose:
    """A logger that is not of ``logging`` and has no levels: it gets everything."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)

    def isEnabledFor(self, level: int) -> bool:
        """As that of ``logging.Logger``."""
        return True


def short(sid: Any) -> str:
    """The beginning of a session id, for logs: enough to follow a session, and too little to take it over."""
    text = str(sid)
    return f'{text[: min(6, len(text) // 2)]}…'


def hide_sids(text: Any) -> str:
    """A text for logs in which the ids of queries such as ``sid=...`` are shortened."""
    return re.sub(r"\bsid=([\w.~-]+)", lambda found: f'sid={short(found[1])}', str(text))


def choose_logger(logger: Any, default: logging.Logger) -> Any:
    """The logger that the option ``logger`` stands for. Levels that the application has set stay."""
    if not isinstance(logger, bool):
        return logger if hasattr(logger, 'isEnabledFor') else _Verbose(logger)
    if default.level == logging.NOTSET:
        default.setLevel(logging.INFO if logger else logging.ERROR)
        default.addHandler(logging.StreamHandler())
    return default
