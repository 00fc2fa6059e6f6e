"""Applications below a prefix, which some hosts leave in the path and others take off."""

import pytest
from engineio_rs import ASGIApp, AsyncServer, WSGIApp
from starlette.applications import Starlette
from starlette.routing import Mount
from test_applications import AsyncEio, Eio, ask_asgi, async_other, get, other

#: Paths of the server for `engineio_path='engine.io'`, by path and `root_path`.
MOUNTED = [
    ('/engine.io/', ''),
    ('/engine.io/', '/api'),
    ('/api/engine.io/', '/api'),
    ('/api/engine.io', '/api/'),
    ('/a/b/engine.io/', '/a/b'),
]

#: Paths of the other application.
FOREIGN = [('/api/engine.io/', ''), ('/apiengine.io/', '/api'), ('/api/x/engine.io/', '/api'), ('/other/engine.io/', '/api')]


def ask(app, path, root):
    return ask_asgi(app, {'type': 'http.request'}, type='http', path=path, root_path=root)


def ask_wsgi(app, path, script_name):
    environ = {'PATH_INFO': path, 'SCRIPT_NAME': script_name, 'REQUEST_METHOD': 'GET'}
    return b''.join(app(environ, lambda status, headers: None))


@pytest.mark.parametrize('path, root', MOUNTED)
def test_a_prefix_may_be_part_of_the_path_or_not(path, root):
    assert ask(ASGIApp(AsyncEio(), async_other), path, root) == ['server']
    assert ask_wsgi(WSGIApp(Eio(), other), path, root) == b'server'


@pytest.mark.parametrize('path, root', FOREIGN)
def test_other_paths_stay_others(path, root):
    assert ask(ASGIApp(AsyncEio(), async_other), path, root) == ['other']
    assert ask_wsgi(WSGIApp(Eio(), other), path, root) == b'other'


@pytest.mark.parametrize('path', ['/engine.io/', '/api/engine.io/'])
def test_the_whole_path_can_be_given(path):
    assert ask(ASGIApp(AsyncEio(), async_other, engineio_path='/api/engine.io'), path, '/api') == ['server']
    assert ask_wsgi(WSGIApp(Eio(), other, engineio_path='/api/engine.io'), path, '/api') == b'server'


@pytest.mark.parametrize('proxy', ['', '/api'])
@pytest.mark.parametrize('mounts', [['/ws'], ['/v1', '/ws']])
def test_a_mount_of_starlette(mounts, proxy):
    """As of FastAPI, within another one and behind `uvicorn --root-path` too."""
    app = ASGIApp(AsyncServer(async_mode='asgi'), async_other)
    for path in reversed(mounts):
        app = Starlette(routes=[Mount(path, app)])
    assert status(app, proxy + ''.join(mounts) + '/engine.io/', proxy) == 200
    if len(mounts) == 1:
        # As proxies have it that take the prefix off. Starlette itself does not lead such requests through two mounts.
        assert status(app, '/ws/engine.io/', proxy) == 200


def status(app, path, root):
    scope = {'type': 'http', 'method': 'GET', 'path': path, 'root_path': root, 'query_string': b'EIO=4'}
    scope['headers'] = [(b'host', b'localhost')]
    return ask_asgi(app, {'type': 'http.request'}, **scope)[0]['status']


def test_static_files_below_a_prefix(tmp_path):
    (tmp_path / 'a.js').write_text('1')
    app = ASGIApp(AsyncEio(), None, {'/static': str(tmp_path)})
    assert ask(app, '/api/static/a.js', '/api')[1]['body'] == get(app, '/static/a.js')[1]['body'] == b'1'
    assert ask_wsgi(WSGIApp(Eio(), None, {'/static': str(tmp_path)}), '/api/static/a.js', '/api') == b'1'
    assert ask(app, '/api/static/b.js', '/api')[0]['status'] == 404
