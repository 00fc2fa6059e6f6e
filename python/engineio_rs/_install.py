"""Being found as ``engineio``."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

#: The name of the original.
ALIAS = 'engineio'
#: The name of this package.
PACKAGE = __name__.rpartition('.')[0]
#: Modules below it are executed anew, as tests of others expect who replace what they import.
_FRESH = ALIAS + '.async_drivers.'


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of this package under the other name."""

    def __init__(self) -> None:
        self._specs: dict[str, Any] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of a module, if it is one of ``engineio``."""
        if name != ALIAS and not name.startswith(ALIAS + '.'):
            return None
        own = _own_name(name)
        if name.startswith(_FRESH):
            return _fresh_spec(name, own)
        if importlib.util.find_spec(own) is None:
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module of this package itself."""
        module = importlib.import_module(_own_name(spec.name))
        self._specs[module.__name__] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module back what the import system has changed in it: it has been executed already."""
        module.__spec__ = self._specs.pop(module.__name__)


def _own_name(name: str) -> str:
    return PACKAGE + name[len(ALIAS) :]


def _fresh_spec(name: str, own: str) -> importlib.machinery.ModuleSpec | None:
    found = importlib.util.find_spec(own)
    if found is None or found.loader is None:
        return None
    loader = _Fresh(found.loader, own)
    spec = importlib.machinery.ModuleSpec(name, loader, origin=found.origin)
    spec.has_location = found.has_location
    return spec


class _Fresh(importlib.abc.Loader):
    """Executes the code of a module under another name, wherever its loader takes it from: a file, a zip, a frozen
    application.
    """

    def __init__(self, loader: Any, own: str) -> None:
        self._loader = loader
        self._own = own

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """A new module, unless there is no code that could be executed once more: a compiler has made it native."""
        return None if self._code() is not None else importlib.import_module(self._own)

    def exec_module(self, module: ModuleType) -> None:
        """Executes the code."""
        code = self._code()
        if code is not None:
            exec(code, module.__dict__)

    def _code(self) -> Any:
        get_code = getattr(self._loader, 'get_code', None)
        return None if get_code is None else get_code(self._own)


def install_as_engineio() -> None:
    """Makes ``import engineio`` find this package, so that python-socketio and Flask-SocketIO run on it unmodified.

    To be called before anything imports ``engineio``; can be called more than once. Raises ``RuntimeError`` if the
    original has been imported already. For example::

        import engineio_rs
        engineio_rs.install_as_engineio()

        import socketio
        sio = socketio.Server()
    """
    own = sys.modules[PACKAGE]
    found = sys.modules.get(ALIAS)
    if found is own:
        return
    if found is not None:
        raise RuntimeError(
            f'{ALIAS} is imported already, from {getattr(found, "__file__", None)}; call install_as_engineio() before '
            'importing engineio, socketio or flask_socketio'
        )
    sys.meta_path.insert(0, _Finder())
    sys.modules[ALIAS] = own
    for name, module in tuple(sys.modules.items()):
        if name.startswith(PACKAGE + '.') and not name.startswith(PACKAGE + '.async_drivers.'):
            sys.modules.setdefault(ALIAS + name[len(PACKAGE) :], module)
