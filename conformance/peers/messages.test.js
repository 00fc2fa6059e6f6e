// npm engine.io-client: messages over every transport, in both directions.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Inbox, TRANSPORTS, closed, open } from '../lib/peer.js';
import { pool } from '../lib/pool.js';
import { Server, explain } from '../lib/server.js';
import { within } from '../lib/within.js';

const PATIENCE_MS = 120_000;
const MAX_PAYLOAD = 1_000_000;
const SESSIONS = 100;

let server;
before(async () => (server = await Server.start({ mode: 'commands' })));
after(() => server?.stop());

/** Runs a test with a connected client; what the server logged is added to a failure. */
async function withPeer(options, body) {
  try {
    const socket = await within(PATIENCE_MS, open(server, options));
    await within(PATIENCE_MS, body(socket, new Inbox(socket)));
    socket.close();
  } catch (error) {
    throw explain(error, server);
  }
}

/** Sends messages and asserts that exactly they come back, in order. */
async function assertEchoes(socket, inbox, messages) {
  for (const message of messages) socket.send(message);
  assert.deepEqual(await inbox.reach(messages.length), messages);
}

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(`engine.io-client: ${name}`, () => {
    it('is on the transport that was asked for', () =>
      withPeer(options, async (socket) => assert.equal(socket.transport.name, options.transports.at(-1))));

    it('text: empty, long lines, other alphabets, JSON', () =>
      withPeer(options, (socket, inbox) =>
        assertEchoes(socket, inbox, ['', 'hello', 'a\r\nb\\n\n', 'häé€\u{1f980}', '{"a":[1]}', '4', 'b', '0']),
      ));

    it('binary, and both kinds in one order', () =>
      withPeer(options, (socket, inbox) =>
        assertEchoes(socket, inbox, [
          Buffer.of(1, 2, 3),
          'text',
          Buffer.alloc(0),
          Buffer.from([...Array(256).keys()]),
          'more',
          Buffer.alloc(3000, 255),
        ]),
      ));

    it('a thousand messages at once', () =>
      withPeer(options, (socket, inbox) =>
        assertEchoes(
          socket,
          inbox,
          Array.from({ length: 1000 }, (_, index) => `message ${index}`),
        ),
      ));

    it('a burst of ten thousand from the server', () =>
      withPeer(options, async (socket, inbox) => {
        socket.send('burst 10000');
        const expected = Array.from({ length: 10_000 }, (_, index) => `burst ${index}`);
        assert.deepEqual(await inbox.reach(10_000), expected);
      }));

    it('a message of exactly maxPayload', () =>
      withPeer(options, (socket, inbox) => assertEchoes(socket, inbox, ['x'.repeat(MAX_PAYLOAD - 1), 'after'])));

    it('many large messages, which the client has to spread over requests', () =>
      withPeer(options, (socket, inbox) =>
        assertEchoes(
          socket,
          inbox,
          Array.from({ length: 8 }, (_, index) => String(index).repeat(400_000)),
        ),
      ));

    it('large binary messages, as large as the transport allows', () =>
      withPeer(options, (socket, inbox) => {
        const size = socket.transport.name === 'polling' ? (MAX_PAYLOAD / 4) * 3 - 3 : MAX_PAYLOAD;
        return assertEchoes(socket, inbox, [Buffer.alloc(size, 1), Buffer.alloc(size, 2)]);
      }));

    it('a message above maxPayload from the server, which limits only what it takes in', () =>
      withPeer(options, async (socket, inbox) => {
        socket.send('send 3000000');
        assert.equal((await inbox.reach(1))[0].length, 3_000_000);
      }));

    it('one byte above maxPayload: the client is disconnected', () =>
      withPeer(options, async (socket) => {
        const { name: transport } = socket.transport;
        socket.send('x'.repeat(MAX_PAYLOAD));
        const { reason, description } = await closed(socket);
        // On polling two answers race: the 413 of the POST and the close packet of the waiting poll.
        if (transport === 'polling') assert.match(reason, /^transport (error|close)$/);
        else assert.equal(description.context.code, 1009);
      }));

    it(`${SESSIONS} sessions at the same time`, () =>
      pool(SESSIONS, SESSIONS, (session) =>
        withPeer(options, (socket, inbox) =>
          assertEchoes(
            socket,
            inbox,
            Array.from({ length: 20 }, (_, index) => `${session}:${index}`),
          ),
        ),
      ));
  });
}

describe('engine.io-client: forceBase64', () => {
  for (const transport of ['polling', 'websocket']) {
    it(`binary as \`b...\` text over ${transport}`, () =>
      withPeer({ transports: [transport], forceBase64: true }, (socket, inbox) =>
        assertEchoes(socket, inbox, [Buffer.of(1, 2, 3), Buffer.of(0xe0, 0, 0), Buffer.alloc(0), 'text']),
      ));
  }
});
