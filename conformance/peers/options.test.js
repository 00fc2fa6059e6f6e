// npm engine.io-client: what server options mean for a real client.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Inbox, connect, once, open, opened, refused } from '../lib/peer.js';
import { withRelay } from '../lib/recorder.js';
import { withServer } from '../lib/server.js';

async function assertEcho(socket, text) {
  const inbox = new Inbox(socket);
  socket.send(text);
  assert.deepEqual(await inbox.reach(1), [text]);
}

/** Opens a client that offers both transports and asserts that it is never offered an upgrade. */
async function assertStaysOnPolling(server) {
  const socket = connect(server);
  const [handshake] = await once(socket, 'handshake');
  assert.deepEqual(handshake.upgrades, []);
  await assertEcho(socket, 'hello');
  assert.equal(socket.transport.name, 'polling');
  socket.close();
}

describe('engine.io-client: server options', () => {
  it('no upgrades: the client stays on polling', () => withServer({ noUpgrades: true }, assertStaysOnPolling));

  it('no upgrades: a client may begin on a WebSocket', () =>
    withServer({ noUpgrades: true }, async (server) => {
      const socket = await open(server, { transports: ['websocket'] });
      await assertEcho(socket, 'hello');
      socket.close();
    }));

  it('polling only: the client stays on polling, a WebSocket is refused', () =>
    withServer({ transports: 'polling' }, async (server) => {
      await assertStaysOnPolling(server);
      const { message } = await refused(connect(server, { transports: ['websocket'] }));
      assert.match(message, /Unexpected server response: 400/);
    }));

  it('websocket only: polling is refused, and a client that tries all transports gets in', () =>
    withServer({ transports: 'websocket' }, async (server) => {
      const { status } = await refused(connect(server, { transports: ['polling'] }));
      assert.equal(status, 400);
      const socket = connect(server, { tryAllTransports: true });
      await opened(socket);
      assert.equal(socket.transport.name, 'websocket');
      await assertEcho(socket, 'hello');
      socket.close();
    }));

  it('behind a proxy that carries no WebSocket, the client stays on polling', () =>
    withServer({}, (server) =>
      withRelay(
        server,
        async (relay) => {
          const socket = connect(relay);
          await once(socket, 'upgradeError');
          await assertEcho(socket, 'still there');
          assert.equal(socket.transport.name, 'polling');
          socket.close();
        },
        /upgrade: websocket/i,
      ),
    ));

  it('a cookie is kept and sent back with every later request', () =>
    withServer({ cookie: 'io' }, (server) =>
      withRelay(server, async (relay) => {
        const socket = connect(relay, { transports: ['polling'], withCredentials: true });
        await opened(socket);
        await assertEcho(socket, 'hello');
        const [, ...later] = relay.heads;
        assert.ok(later.length > 0);
        for (const head of later) assert.match(head, new RegExp(`\\r\\ncookie: io=${socket.id}`, 'i'));
        socket.close();
      }),
    ));

  it('cors: a listed origin gets in, another one does not', () =>
    withServer({ cors: 'http://app.example' }, async (server) => {
      for (const transports of [['polling'], ['websocket']]) {
        const socket = await open(server, { transports, extraHeaders: { Origin: 'http://app.example' } });
        await assertEcho(socket, 'hello');
        socket.close();
        await refused(connect(server, { transports, extraHeaders: { Origin: 'http://evil.example' } }));
      }
    }));

  it('the connect handler rejects on polling: the client sees status and message', () =>
    withServer({ mode: 'commands' }, async (server) => {
      const { status, text } = await refused(connect(server, { query: { reject: 429 } }));
      assert.equal(status, 429);
      assert.deepEqual(JSON.parse(text), { code: 4, message: 'rejected' });
    }));

  it('the connect handler rejects on a WebSocket: the client sees the status instead of a 101', () =>
    withServer({ mode: 'commands' }, async (server) => {
      const { message } = await refused(connect(server, { transports: ['websocket'], query: { reject: 429 } }));
      assert.match(message, /Unexpected server response: 429/);
    }));

  it('pings and timeouts are announced in milliseconds, sizes in bytes', () =>
    withServer({ pingInterval: '1234ms', pingTimeout: '567ms', maxPayload: 4321 }, async (server) => {
      const socket = connect(server, { transports: ['polling'] });
      const [handshake] = await once(socket, 'handshake');
      const { pingInterval, pingTimeout, maxPayload } = handshake;
      assert.deepEqual([pingInterval, pingTimeout, maxPayload], [1234, 567, 4321]);
      socket.close();
    }));

  it('a small maxPayload: the client spreads its messages over requests, all arrive', () =>
    withServer({ maxPayload: 1000 }, async (server) => {
      const socket = await open(server, { transports: ['polling'] });
      const inbox = new Inbox(socket);
      const sent = Array.from({ length: 300 }, (_, index) => `message ${index} ${'x'.repeat(index)}`);
      for (const message of sent) socket.send(message);
      assert.deepEqual(await inbox.reach(sent.length), sent);
      socket.close();
    }));
});

describe('engine.io-client: client options', () => {
  it('no trailing slash', () =>
    withServer({}, async (server) => {
      const socket = await open(server, { addTrailingSlash: false });
      await assertEcho(socket, 'hello');
      socket.close();
    }));

  it('sub-protocols: the first one is chosen', () =>
    withServer({}, async (server) => {
      const socket = await open(server, { transports: ['websocket'], protocols: ['one', 'two'] });
      assert.equal(socket.transport.ws.protocol, 'one');
      await assertEcho(socket, 'hello');
      socket.close();
    }));

  it('a remembered upgrade begins on the WebSocket', () =>
    withServer({}, async (server) => {
      const first = await open(server);
      const second = connect(server, { rememberUpgrade: true });
      await opened(second);
      assert.equal(second.transport.name, 'websocket');
      await assertEcho(second, 'hello');
      first.close();
      second.close();
    }));

  it('a query and a timestamp of its own', () =>
    withServer({}, async (server) => {
      const socket = await open(server, { query: { token: 'a&b=c' }, timestampParam: 'when' });
      await assertEcho(socket, 'hello');
      socket.close();
    }));
});
