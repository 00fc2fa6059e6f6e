// How a Socket.IO client is refused, and how its end is told to the application, with the reason.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TRANSPORTS, ask, next, until, withClients } from '../lib/socketio.js';

const SILENT = { pingInterval: 0.5, pingTimeout: 0.5 };

/** A client that hears of every other one's end. */
async function observer(clients) {
  const socket = await clients.connect({ transports: ['websocket'] });
  await ask(socket, 'join', 'observers');
  return socket;
}

/** Asserts that the application is told of the end of `socket` with `reason`, when `end` has been called. */
async function assertReason(clients, socket, reason, end) {
  const watching = await observer(clients);
  const { id } = socket;
  const gone = until(watching, 'gone', (sid) => sid === id);
  await end();
  assert.deepEqual((await gone)[1], reason);
}

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(`socket.io ends over ${name}`, { concurrency: true }, () => {
    it('refused by the connect handler: the client gets message and data', () =>
      withClients({}, async (clients) => {
        const socket = clients.begin({ ...options, auth: { refuse: 'of its looks' } });
        const [error] = await next(socket, 'connect_error');
        assert.equal(error.message, 'refused');
        assert.deepEqual(error.data, { because: 'of its looks' });
      }));

    it('the client disconnects', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        await assertReason(clients, socket, 'client disconnect', () => socket.disconnect());
      }));

    it('the server disconnects', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        await assertReason(clients, socket, 'server disconnect', async () => {
          const end = next(socket, 'disconnect');
          socket.emit('quit');
          assert.equal((await end)[0], 'io server disconnect');
        });
      }));

    it('the client closes its engine', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        // Over polling it says so before it goes.
        const reason = options.transports.at(-1) === 'polling' ? 'client disconnect' : 'transport close';
        await assertReason(clients, socket, reason, () => socket.io.engine.close());
      }));

    it('the client falls silent', () =>
      withClients(SILENT, async (clients) => {
        const socket = await clients.connect(options);
        // Its pongs are swallowed before they are written.
        const { engine } = socket.io;
        const send = engine._sendPacket.bind(engine);
        engine._sendPacket = (type, ...rest) => type !== 'pong' && send(type, ...rest);
        await assertReason(clients, socket, 'ping timeout', () => {});
      }));
  });
}

describe('socket.io ends with the connection', () => {
  it('a WebSocket that is cut off', () =>
    withClients({}, async (clients) => {
      const socket = await clients.connect({ transports: ['websocket'] });
      await assertReason(clients, socket, 'transport close', () => socket.io.engine.transport.ws.terminate());
    }));
});
