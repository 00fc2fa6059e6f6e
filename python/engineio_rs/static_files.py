"""Static files: from the path of a request to a local file and its content type, and to the answer."""

import os
from collections.abc import Iterator
from typing import IO, Any

#: What the file's extension says about the content; anything else is ``application/octet-stream``.
content_types = {
    'css': 'text/css',
    'gif': 'image/gif',
    'html': 'text/html',
    'jpg': 'image/jpeg',
    'js': 'application/javascript',
    'json': 'application/json',
    'png': 'image/png',
    'txt': 'text/plain',
}


def get_static_file(path: str, static_files: dict[str, Any]) -> dict[str, Any] | None:
    """Finds the file that a path stands for.

    :param path: the path of the request's URL.
    :param static_files: the rules: paths with what they stand for, which is the name of a file or directory, or a
                         dictionary with the keys ``filename`` and, optionally, ``content_type``. The longest path that
                         matches counts; what follows it is appended to a directory. ``''`` names the file that stands
                         for a directory, ``index.html`` by default.

    Returns a dictionary with the keys ``filename`` and ``content_type``, or ``None`` if no rule matches. Whether there
    is such a file is not looked at.

    Example::

        get_static_file('/static/app.js', {'/static': './public'})
        # {'filename': './public/app.js', 'content_type': 'application/javascript'}
    """
    found = _find(path, static_files)
    return found and found[0]


def open_static_file(path: str, static_files: dict[str, Any], method: str = 'GET') -> 'StaticFile | None':
    """Opens the file that a path stands for, as an answer.

    ``path`` and ``static_files`` are those of ``get_static_file``, and ``method`` is the request's. Returns ``None`` if
    there is no such file, or if a symbolic link leads out of the directory that the rule names. This touches the disk:
    call it in a thread where an event loop runs.
    """
    found, root = _find(path, static_files) or ({}, None)
    if not found or not os.path.isfile(found['filename']):
        return None
    # What is opened is what was looked at.
    filename = os.path.realpath(found['filename'])
    if root is not None and not _is_within(filename, os.path.realpath(root)):
        return None
    return StaticFile(filename, found['content_type'], method)


def _is_within(filename: str, directory: str) -> bool:
    return filename.startswith(directory.rstrip(os.sep) + os.sep)


class StaticFile:
    """The answer to a request for a file: an iterable of its content that is to be closed, as WSGI has it."""

    #: How much is read at a time, in bytes.
    CHUNK = 262144

    def __init__(self, filename: str, content_type: str, method: str) -> None:
        self._file: IO[bytes] | None = None
        self.status = '405 Method Not Allowed'
        self.headers = [('Allow', 'GET, HEAD'), ('Content-Length', '0')]
        self._left = 0
        if method in ('GET', 'HEAD'):
            self._open(filename, content_type, method)

    def _open(self, filename: str, content_type: str, method: str) -> None:
        file = open(filename, 'rb')
        size = os.fstat(file.fileno()).st_size
        self.status = '200 OK'
        self.headers = [
            ('Content-Type', content_type),
            ('Content-Length', str(size)),
            ('X-Content-Type-Options', 'nosniff'),
        ]
        if method == 'GET':
            self._file, self._left = file, size
        else:
            file.close()

    def read(self) -> bytes:
        """Reads on; empty at the end. A file that grows ends where it ended at first."""
        data = self._file.read(min(self.CHUNK, self._left)) if self._file else b''
        self._left -= len(data)
        return data

    @property
    def has_more(self) -> bool:
        """Whether the length that was announced has not been read yet."""
        return self._left > 0

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()


def _find(path: str, static_files: dict[str, Any]) -> tuple[dict[str, Any], str | None] | None:
    """The file that a path stands for, and the directory that it must lie in, unless the rule names the file itself."""
    rule, rest = _find_rule(path, static_files)
    if rule is None or '..' in rest.replace('\\', '/').split('/'):
        return None
    found = _as_dict(rule)
    root = found['filename'] if rest or found['filename'].endswith('/') else None
    found['filename'] = _join(found['filename'], rest)
    if found['filename'].endswith('/'):
        index = _as_dict(static_files.get('', 'index.html'))
        found = {**found, **index, 'filename': found['filename'] + index['filename']}
    extension = found['filename'].rsplit('.', 1)[-1]
    found.setdefault('content_type', content_types.get(extension, 'application/octet-stream'))
    return found, root


def _find_rule(path: str, static_files: dict[str, Any]) -> tuple[Any, str]:
    """The rule of the longest path, and what follows that path."""
    if path in static_files:
        return static_files[path], ''
    end = path.rfind('/')
    while end >= 0:
        for parent in (path[:end], path[:end] + '/'):
            if parent in static_files:
                return static_files[parent], path[end:]
        end = path.rfind('/', 0, end)
    return None, ''


def _as_dict(rule: Any) -> dict[str, Any]:
    return {'filename': rule} if isinstance(rule, str) else dict(rule)


def _join(directory: str, rest: str) -> str:
    if directory.endswith('/') and rest.startswith('/'):
        rest = rest[1:]
    return directory + rest
