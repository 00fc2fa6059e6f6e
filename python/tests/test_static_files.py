"""Static files: what a path can and cannot lead to."""

import pytest

from engineio_rs import WSGIApp
from engineio_rs.static_files import get_static_file

RULES = {'/': 'home.html', '/static': 'public', '/data/': {'filename': 'data/', 'content_type': 'text/csv'}}


@pytest.mark.parametrize('path, filename, content_type', [
    ('/', 'home.html', 'text/html'),
    ('/static/app.js', 'public/app.js', 'application/javascript'),
    ('/static/a/b.bin', 'public/a/b.bin', 'application/octet-stream'),
    ('/static/', 'public/index.html', 'text/html'),
    ('/data/a', 'data/a', 'text/csv'),
    ('/static/..app', 'public/..app', 'application/octet-stream'),
])
def test_found(path, filename, content_type):
    assert get_static_file(path, RULES) == {'filename': filename, 'content_type': content_type}


@pytest.mark.parametrize('path', ['/static/..', '/static/../x', '/static/a/../../x', '/static/..\\x', 'no-slash'])
def test_not_found(path):
    assert get_static_file(path, RULES) is None


def test_the_rules_are_not_changed():
    get_static_file('/data/a', RULES)
    assert RULES['/data/'] == {'filename': 'data/', 'content_type': 'text/csv'}


def test_a_directory_is_no_file(tmp_path):
    (tmp_path / 'inner').mkdir()
    app = WSGIApp(None, static_files={'/static': str(tmp_path)})
    statuses = []
    app({'PATH_INFO': '/static/inner'}, lambda status, headers: statuses.append(status))
    assert statuses == ['404 Not Found']
