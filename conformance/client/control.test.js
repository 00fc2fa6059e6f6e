// The control: npm engine.io-client against every server that our client is held against. What fails here is no fault
// of our client.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Inbox, TRANSPORTS, closed, open } from '../lib/peer.js';
import { withServer } from '../lib/server.js';
import { SERVERS } from '../lib/servers.js';

for (const [name, peer] of Object.entries(SERVERS)) {
  describe(`control: ${name}`, { concurrency: true }, () => {
    for (const [title, options] of Object.entries(TRANSPORTS)) {
      it(`${title}: text, binary, a burst, a large message, and the end`, () =>
        withServer({ mode: 'commands' }, (server) => converse(server, options, peer), peer));
    }
  });
}

async function converse(server, options, { leavesWebSocketOpen }) {
  const socket = await open(server, options);
  const inbox = new Inbox(socket);
  const end = closed(socket);
  const expected = ['hello', Buffer.of(1, 2, 3), ...Array.from({ length: 10 }, (_, index) => `burst ${index}`)];
  for (const message of ['hello', Buffer.of(1, 2, 3), 'burst 10']) socket.send(message);
  assert.deepEqual(await inbox.reach(expected.length), expected);
  socket.send('send 500000');
  assert.deepEqual((await inbox.reach(expected.length + 1)).at(-1), Buffer.alloc(500_000, 0xab));
  if (leavesWebSocketOpen && socket.transport.name === 'websocket') return socket.close();
  socket.send('close');
  return assert.match((await end).reason, /^transport (close|error)$/);
}
