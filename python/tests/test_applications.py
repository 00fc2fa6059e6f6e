"""The applications in front of a server: which requests are whose, static files, and the events of an ASGI server."""

import asyncio

import pytest
from engineio_rs import ASGIApp, Middleware, WSGIApp


class Eio:
    """A server that answers everything with its name."""

    def handle_request(self, environ, start_response):
        start_response('200 OK', [])
        return [b'server']


class AsyncEio:
    """The same for ASGI."""

    async def handle_request(self, scope, receive, send):
        await send('server')


def other(environ, start_response):
    start_response('200 OK', [])
    return [b'other']


async def async_other(scope, receive, send):
    await send('other')


def ask_wsgi(app, path):
    """The status and the body of an answer."""
    statuses = []
    body = app({'PATH_INFO': path, 'REQUEST_METHOD': 'GET'}, lambda status, headers: statuses.append((status, headers)))
    return *statuses[0], b''.join(body)


def ask_asgi(app, *events, **scope):
    """What the application sends the ASGI server, which has these events for it."""
    given, sent = list(events), []

    async def receive():
        return given.pop(0)

    async def send(event):
        sent.append(event)

    asyncio.run(app(scope, receive, send))
    return sent


def get(app, path):
    return ask_asgi(app, {'type': 'http.request'}, type='http', path=path)


@pytest.fixture
def rules(tmp_path):
    (tmp_path / 'index.html').write_text('<p>')
    (tmp_path / 'app.js').write_text('1')
    return {'/': str(tmp_path / 'index.html'), '/static': str(tmp_path)}


FILES = {'/': ('text/html', b'<p>'), '/static/app.js': ('application/javascript', b'1'), '/static/': ('text/html', b'<p>')}


def fields_of(content_type, body):
    """The header fields of a file."""
    return [('Content-Type', content_type), ('Content-Length', str(len(body))), ('X-Content-Type-Options', 'nosniff')]


def raw_fields_of(content_type, body):
    return [(name.encode(), value.encode()) for name, value in fields_of(content_type, body)]


def test_requests_of_a_wsgi_application(rules):
    for app, rest in ((WSGIApp(Eio(), None, rules), None), (WSGIApp(Eio(), other, rules), b'other')):
        assert ask_wsgi(app, '/engine.io/')[2] == b'server'
        for path, (content_type, body) in FILES.items():
            assert ask_wsgi(app, path) == ('200 OK', fields_of(content_type, body), body)
        for path in ('/x', '/static/none', '/static/../x', '/engine.io/x'):
            expected = ('404 Not Found', [('Content-Type', 'text/plain')], b'Not Found') if rest is None else ('200 OK', [], rest)
            assert ask_wsgi(app, path) == expected


def test_requests_of_an_asgi_application(rules):
    for app, rest in ((ASGIApp(AsyncEio(), None, rules), None), (ASGIApp(AsyncEio(), async_other, rules), 'other')):
        assert get(app, '/engine.io/') == get(app, '/engine.io') == ['server']
        for path, (content_type, body) in FILES.items():
            start, end = get(app, path)
            assert (start['status'], start['headers'], end['body']) == (200, raw_fields_of(content_type, body), body)
        for path in ('/x', '/static/none', '/static/../x', '/engine.io/x'):
            sent = get(app, path)
            assert sent == [rest] if rest else (sent[0]['status'], sent[1]['body']) == (404, b'Not Found')


@pytest.mark.parametrize('path', ['a/b', '/a/b', 'a/b/', '/a/b/'])
def test_a_path_of_the_application_s_own(path):
    wsgi, asgi = WSGIApp(Eio(), other, engineio_path=path), ASGIApp(AsyncEio(), async_other, engineio_path=path)
    assert wsgi.engineio_path == asgi.engineio_path == '/a/b/'
    assert (ask_wsgi(wsgi, '/a/b/')[2], ask_wsgi(wsgi, '/engine.io/')[2]) == (b'server', b'other')
    assert (get(asgi, '/a/b/'), get(asgi, '/engine.io/')) == (['server'], ['other'])


def test_the_old_name_has_no_static_files():
    app = Middleware(Eio(), other, 'path')
    assert (ask_wsgi(app, '/path/')[2], ask_wsgi(app, '/')[2], app.static_files) == (b'server', b'other', {})
    assert isinstance(app, WSGIApp)


def test_gunicorn_s_socket_is_found_by_drivers():
    environ = {'PATH_INFO': '/', 'gunicorn.socket': 'the socket'}
    WSGIApp(Eio(), other)(environ, lambda *_: None)
    assert environ['eventlet.input'].get_socket() == 'the socket'


LIFESPAN = ({'type': 'lifespan.unknown'}, {'type': 'lifespan.startup'}, {'type': 'lifespan.shutdown'})


def live(**hooks):
    """What an application answers the events of its life."""
    return [event['type'] for event in ask_asgi(ASGIApp(AsyncEio(), **hooks), *LIFESPAN, type='lifespan')]


def test_the_life_of_an_asgi_application():
    called = []

    async def coroutine_function():
        called.append('coroutine function')

    assert live() == ['lifespan.startup.complete', 'lifespan.shutdown.complete']
    assert live(on_startup=coroutine_function, on_shutdown=lambda: called.append('function'))[1] == 'lifespan.shutdown.complete'
    assert called == ['coroutine function', 'function']


def test_an_error_in_a_hook_ends_the_application_and_is_logged(caplog):
    def fail():
        raise RuntimeError('of the hook')

    async def fail_later():
        fail()

    assert live(on_startup=fail) == ['lifespan.startup.failed']
    assert live(on_shutdown=fail_later) == ['lifespan.startup.complete', 'lifespan.shutdown.failed']
    assert caplog.messages == ['startup handler error', 'shutdown handler error']


def test_the_life_is_the_other_application_s_unless_there_are_hooks():
    assert ask_asgi(ASGIApp(AsyncEio(), async_other), *LIFESPAN, type='lifespan') == ['other']
    sent = ask_asgi(ASGIApp(AsyncEio(), async_other, on_shutdown=lambda: None), *LIFESPAN, type='lifespan')
    assert [event['type'] for event in sent] == ['lifespan.startup.complete', 'lifespan.shutdown.complete']
