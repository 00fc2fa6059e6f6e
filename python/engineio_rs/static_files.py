"""Static files: from the path of a request to a local file and its content type."""

from typing import Any

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
    rule, rest = _find_rule(path, static_files)
    if rule is None or '..' in rest.replace('\\', '/').split('/'):
        return None
    found = _as_dict(rule)
    found['filename'] = _join(found['filename'], rest)
    if found['filename'].endswith('/'):
        index = _as_dict(static_files.get('', 'index.html'))
        found = {**found, **index, 'filename': found['filename'] + index['filename']}
    extension = found['filename'].rsplit('.', 1)[-1]
    found.setdefault('content_type', content_types.get(extension, 'application/octet-stream'))
    return found


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
