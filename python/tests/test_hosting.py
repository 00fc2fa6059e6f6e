"""A server and the web server that hosts it, which begin and end together."""

import asyncio

import engineio_rs as engineio
import pytest


class Host:
    """A web server for ASGI, as the application sees it."""

    def __init__(self, app):
        self._app = app
        self._events = asyncio.Queue()
        self.said = []

    async def __aenter__(self):
        self._lifespan = asyncio.ensure_future(self._app({'type': 'lifespan'}, self._events.get, self._hear))
        await self._pass('startup')
        return self

    async def __aexit__(self, *_):
        await self._pass('shutdown')
        await self._lifespan

    async def _pass(self, name):
        self._told = asyncio.Event()
        self._events.put_nowait({'type': f'lifespan.{name}'})
        await self._told.wait()

    async def _hear(self, event):
        self.said.append(event['type'])
        self._told.set()

    async def status(self):
        """The status of a handshake."""
        events = []

        async def send(event):
            events.append(event)

        async def receive():
            return {'type': 'http.request'}

        query, headers = b'EIO=4&transport=polling', [(b'host', b'localhost')]
        scope = {'type': 'http', 'method': 'GET', 'path': '/engine.io/', 'headers': headers, 'query_string': query}
        await self._app(scope, receive, send)
        return events[0]['status']


async def other(scope, receive, send):
    """An application with a lifespan of its own."""
    for name in ('startup', 'shutdown'):
        assert (await receive())['type'] == f'lifespan.{name}'
        await send({'type': f'lifespan.{name}.complete'})


@pytest.fixture(params=[None, other], ids=['alone', 'above another application'])
def app(request):
    """An application that does not wait for clients."""
    return engineio.ASGIApp(engineio.AsyncServer(async_mode='asgi'), request.param, grace=0)


def test_a_server_is_open_again_when_another_web_server_hosts_it(app):
    async def serve():
        async with Host(app) as host:
            statuses = [await host.status()]
        return [*statuses, await host.status()], host.said

    for _ in range(2):
        statuses, said = asyncio.run(serve())
        assert statuses == [200, 503]
        assert said == ['lifespan.startup.complete', 'lifespan.shutdown.complete']


def test_a_server_that_the_application_has_shut_down_stays_shut_down(app):
    async def serve(shut_down):
        async with Host(app) as host:
            if shut_down:
                await app.engineio_server.shutdown(0)
            return await host.status()

    assert [asyncio.run(serve(True)), asyncio.run(serve(False))] == [503, 503]
