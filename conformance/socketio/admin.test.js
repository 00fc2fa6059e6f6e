// The admin UI: python-socketio replaces methods of engineio's servers, sockets and WebSockets, and reads their state.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TRANSPORTS, ask, next, until, withClients } from '../lib/socketio.js';

const ADMIN = { admin: true, pingInterval: 0.3 };

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(`the admin UI sees a client over ${name}`, { concurrency: true }, () => {
    it('its connection, its transport, its rooms and its end', () =>
      withClients(ADMIN, async (clients) => {
        const admin = await clients.connect({ transports: ['websocket'] }, '/admin');
        const connected = until(admin, 'socket_connected', ({ nsp }) => nsp === '/');
        const socket = await clients.connect(options);
        const [{ id, transport }] = await connected;
        assert.equal(id, socket.id);
        assert.ok(['polling', 'websocket'].includes(transport));
        const joined = until(admin, 'room_joined', (_, room) => room === 'room');
        await ask(socket, 'join', 'room');
        assert.equal((await joined)[2], socket.id);
        const gone = until(admin, 'socket_disconnected', (_, sid) => sid === id);
        socket.disconnect();
        await gone;
      }));

    it('the counts of clients and of packets', () =>
      withClients(ADMIN, async (clients) => {
        const socket = await clients.connect(options);
        const admin = await clients.connect({ transports: ['websocket'] }, '/admin');
        const counted = (stats) => stats.clientsCount === 2 && types(stats).has('packetsOut');
        const seen = until(admin, 'server_stats', counted);
        const packets = until(admin, 'server_stats', (stats) => types(stats).has('packetsIn'));
        for (let count = 0; count < 5; count += 1) await ask(socket, 'echo', count);
        await Promise.all([seen, packets]);
      }));

    it('its state again with each ping', () =>
      withClients(ADMIN, async (clients) => {
        const admin = await clients.connect({ transports: ['websocket'] }, '/admin');
        const socket = await clients.connect(options);
        const wanted = options.transports.at(-1);
        await until(admin, 'socket_connected', ({ id, transport }) => id === socket.id && transport === wanted);
      }));
  });
}

describe('the admin UI itself', () => {
  it('connects over polling and is told how the server is set up', () =>
    withClients(ADMIN, async (clients) => {
      const admin = clients.begin({ transports: ['polling'] }, '/admin');
      const [config] = await next(admin, 'config');
      assert.ok(Array.isArray(config.supportedFeatures));
    }));
});

function types({ aggregatedEvents }) {
  return new Set(aggregatedEvents.filter(({ count }) => count > 0).map(({ type }) => type));
}
