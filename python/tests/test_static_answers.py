"""Static files as WSGI and ASGI applications serve them."""

import asyncio
import os
import threading
import zlib

import pytest
from engineio_rs import ASGIApp, WSGIApp, static_files
from faces import AsyncFace


@pytest.fixture
def site(tmp_path):
    """A directory with files, beside a secret; and the rules for it."""
    (tmp_path / 'secret.txt').write_text('secret')
    public = tmp_path / 'public'
    (public / 'inner').mkdir(parents=True)
    (public / 'a.txt').write_text('text')
    (public / 'inner' / 'index.html').write_text('index')
    (public / 'out.txt').symlink_to(tmp_path / 'secret.txt')
    (public / 'up').symlink_to(tmp_path)
    (public / 'in.txt').symlink_to(public / 'a.txt')
    (tmp_path / 'public-too').mkdir()
    (tmp_path / 'public-too' / 'b.txt').write_text('neighbour')
    (public / 'neighbour').symlink_to(tmp_path / 'public-too')
    (tmp_path / 'link').symlink_to(public)
    rules = {'/static': str(public), '/slash/': f'{public}/', '/link': str(tmp_path / 'link')}
    return {**rules, '/one': str(public / 'out.txt'), '/root': '/'}


def wsgi(rules, path, method='GET', other=None):
    """Status, headers and body."""
    head = []
    environ = {'PATH_INFO': path, 'REQUEST_METHOD': method}
    body = WSGIApp(None, other, static_files=rules)(environ, lambda *args: head.extend(args))
    data = b''.join(body)
    if hasattr(body, 'close'):
        body.close()
    return int(head[0].split()[0]), dict(head[1]), data


def asgi(rules, path, method='GET', other=None):
    """Status, headers and body."""
    sent = []

    async def receive():
        return {'type': 'http.request'}

    async def send(event):
        sent.append(event)

    scope = {'type': 'http', 'path': path, 'method': method}
    asyncio.run(ASGIApp(None, other, static_files=rules)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]['headers']}
    assert [event.get('more_body', False) for event in sent[1:]] == [True] * (len(sent) - 2) + [False]
    return sent[0]['status'], headers, b''.join(event['body'] for event in sent[1:])


ways = pytest.mark.parametrize('serve', [wsgi, asgi])


@ways
@pytest.mark.parametrize('path, body', [
    ('/static/a.txt', b'text'),
    ('/static/in.txt', b'text'),
    ('/slash/a.txt', b'text'),
    ('/static/inner/', b'index'),
    ('/link/a.txt', b'text'),
    # The rule itself names the link.
    ('/one', b'secret'),
])
def test_a_file_is_served(serve, site, path, body):
    assert serve(site, path)[::2] == (200, body)


@ways
@pytest.mark.parametrize('path', [
    '/static/out.txt', '/slash/out.txt', '/link/out.txt', '/static/up/secret.txt', '/static/up/public/a.txt/..',
    '/static/neighbour/b.txt', '/static/inner', '/static/a.txt/', '/static/\0', '/static/a.txt\0.png',
])
def test_a_link_stays_within_the_directory(serve, site, path):
    assert serve(site, path)[0] == 404


@ways
def test_the_root_directory_is_a_directory_too(serve, site, tmp_path):
    assert serve(site, f'/root{tmp_path}/secret.txt')[::2] == (200, b'secret')


@ways
def test_a_file_is_not_sniffed_and_has_a_length(serve, site):
    _, headers, _ = serve(site, '/static/a.txt')
    assert headers == {'Content-Type': 'text/plain', 'Content-Length': '4', 'X-Content-Type-Options': 'nosniff'}


@ways
@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS', 'get'])
def test_only_get_and_head_read_a_file(serve, site, method):
    status, headers, body = serve(site, '/static/a.txt', method)
    assert (status, headers['Allow'], body) == (405, 'GET, HEAD', b'')
    assert serve(site, '/static/none', method)[0] == 404


@ways
def test_head_has_the_headers_alone(serve, site):
    assert serve(site, '/static/a.txt', 'HEAD') == (200, serve(site, '/static/a.txt')[1], b'')


@ways
def test_a_large_file_is_read_in_parts(serve, site, tmp_path, monkeypatch):
    data = os.urandom(static_files.StaticFile.CHUNK * 2 + 1)
    (tmp_path / 'public' / 'large.bin').write_bytes(data)
    read = []
    whole = static_files.StaticFile.read
    monkeypatch.setattr(static_files.StaticFile, 'read', lambda file: read.append(whole(file)) or read[-1])
    assert serve(site, '/static/large.bin')[2] == data
    assert max(map(len, read)) == static_files.StaticFile.CHUNK


def test_the_event_loop_reads_no_file(site, monkeypatch):
    threads = set()
    for name in ('_open', 'read'):
        original = getattr(static_files.StaticFile, name)

        def noting(*args, original=original):
            threads.add(threading.current_thread())
            return original(*args)

        monkeypatch.setattr(static_files.StaticFile, name, noting)
    assert asgi(site, '/static/a.txt')[2] == b'text'
    assert threads and threading.current_thread() not in threads


def test_a_file_of_which_the_name_is_known_is_served_by_a_thread(site):
    """As those do that replace parts of the application."""
    sent = []

    async def serve():
        async def receive():
            return {'type': 'http.request'}

        async def send(event):
            sent.append(event)

        file = static_files.get_static_file('/static/a.txt', site)
        await ASGIApp(None, static_files=site).serve_static_file(file, receive, send)

    asyncio.run(serve())
    assert sent[1]['body'] == b'text'


@pytest.mark.parametrize('encoding, expand', [('gzip', 31), ('deflate', 15)])
@pytest.mark.parametrize('size, apart', [(200_000, True), (2000, False)])
def test_a_long_response_is_compressed_apart_from_the_event_loop(encoding, expand, size, apart):
    face = AsyncFace(compression_threshold=1024)
    threads = []
    compress = getattr(face.server, '_' + encoding)
    setattr(face.server, '_' + encoding, lambda data: threads.append(threading.current_thread()) or compress(data))
    sid = face.open()
    face.call('send', sid, 'x' * size)
    reply = face.request('GET', f'EIO=4&transport=polling&sid={sid}', HTTP_ACCEPT_ENCODING=encoding)
    face.close()
    assert reply.values('Content-Encoding') == [encoding]
    assert zlib.decompress(reply.body, expand) == b'4' + b'x' * size
    assert [thread is not face.thread for thread in threads] == [apart]


def test_the_level_of_compression_is_a_quick_one(face_of):
    data = b''.join(b'4{"id":%d,"at":%d}\x1e' % (n, n * n) for n in range(20_000))
    server = face_of().server
    assert server._deflate(data) == zlib.compress(data, 4)
    assert zlib.decompress(server._gzip(data), 31) == data and len(server._gzip(data)) < len(zlib.compress(data, 1)) + 18
