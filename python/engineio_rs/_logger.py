"""The option ``logger`` of servers and clients."""

import logging
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


def choose_logger(logger: Any, default: logging.Logger) -> Any:
    """The logger that the option ``logger`` stands for. Levels that the application has set stay."""
    if not isinstance(logger, bool):
        return logger if hasattr(logger, 'isEnabledFor') else _Verbose(logger)
    if default.level == logging.NOTSET:
        default.setLevel(logging.INFO if logger else logging.ERROR)
        default.addHandler(logging.StreamHandler())
    return default
