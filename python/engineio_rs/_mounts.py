"""Paths of applications that are mounted below a prefix, which some hosts leave in the path and others take off."""

from collections.abc import Iterable
from typing import Any

from ._core import is_endpoint
from .static_files import StaticFile, open_static_file


def paths_of(path: str, prefixes: Iterable[str]) -> list[str]:
    """What a request's path may be to the application: as it is, without one of the prefixes, and behind one."""
    known = [prefix.rstrip('/') for prefix in prefixes]
    known = [prefix for prefix in dict.fromkeys(known) if prefix]
    below = [path[len(prefix) :] for prefix in known if path.startswith(prefix + '/')]
    return [path, *below, *(prefix + path for prefix in known)]


def is_endpoint_below(path: str, endpoint: str, prefixes: Iterable[str]) -> bool:
    """Whether a request is for an endpoint, at which of these paths ever."""
    return is_endpoint(path, endpoint) or any(is_endpoint(each, endpoint) for each in paths_of(path, prefixes)[1:])


def open_first(paths: Iterable[str], static_files: dict[str, Any], method: str) -> StaticFile | None:
    """Opens the first file that is there for one of the paths, see ``open_static_file``."""
    opened = (open_static_file(path, static_files, method) for path in paths)
    return next((file for file in opened if file is not None), None)


def prefixes_of_scope(scope: dict[str, Any]) -> list[str]:
    """The prefixes of an ASGI request: ``root_path``, and the part of it that is no proxy's but the application's."""
    root: str = scope.get('root_path') or ''
    return [root, root.removeprefix(scope.get('app_root_path') or '')] if root else []


def prefixes_of_environ(environ: dict[str, Any]) -> list[str]:
    """The prefix of a WSGI request."""
    name = environ.get('SCRIPT_NAME')
    return [name] if name else []
