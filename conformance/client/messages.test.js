// Our client against every server: messages over every transport, in both directions.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ROUTES, withConnect } from '../lib/connect.js';
import { Server, explain } from '../lib/server.js';
import { SERVERS } from '../lib/servers.js';

const MAX_PAYLOAD = 1_000_000;
/** What fits into a polling body as base64. */
const MAX_BINARY = (MAX_PAYLOAD / 4) * 3 - 3;

for (const [name, peer] of Object.entries(SERVERS)) {
  for (const [title, route] of Object.entries(ROUTES)) {
    describe(`${name}: ${title}`, { concurrency: 2 }, () => {
      let server;
      before(async () => (server = await Server.start({ mode: 'commands' }, peer)));
      after(() => server?.stop());

      /** Runs a test with a client that has arrived at its transport. */
      const withClient = (body, flags = {}) =>
        withConnect(server.origin, { ...route.flags, ...flags }, async (client) => {
          await client.on(route.transport);
          await body(client);
        }).catch((error) => Promise.reject(explain(error, server)));

      const echoes = (messages, flags) =>
        withClient(async (client) => {
          client.send(...messages);
          assert.deepEqual(await client.reach(messages.length), messages);
        }, flags);

      it('the open event tells what the server said', () =>
        withClient(async (client) => {
          const open = await client.event('open');
          assert.equal(open.ping_interval_ms, 25_000);
          assert.equal(open.ping_timeout_ms, 20_000);
          assert.equal(open.max_payload, MAX_PAYLOAD);
          assert.equal(open.transport, route.flags.transports === 'websocket' ? 'websocket' : 'polling');
          assert.match(open.sid, /^[\w-]{8,}$/);
        }));

      it('text: empty, other alphabets, JSON, what looks like a packet', () =>
        echoes(['', 'hello', 'häé€\u{1f980}', '{"a":[1]}', '4', 'b', '0', ' a\\r\\n ']));

      it('binary, and both kinds in one order', () =>
        echoes([
          Buffer.of(1, 2, 3),
          'text',
          Buffer.alloc(0),
          Buffer.from([...Array(256).keys()]),
          'more',
          Buffer.alloc(3000, 255),
        ]));

      it('a thousand messages at once', () =>
        echoes(Array.from({ length: 1000 }, (_, index) => `message ${index}`)));

      it('a burst of thousands from the server', () =>
        withClient(async (client) => {
          client.send('burst 5000');
          const expected = Array.from({ length: 5000 }, (_, index) => `burst ${index}`);
          assert.deepEqual(await client.reach(5000), expected);
        }));

      it('large messages, as large as maxPayload, and what follows them', () =>
        echoes(['x'.repeat(MAX_PAYLOAD - 1), Buffer.alloc(MAX_BINARY, 1), Buffer.alloc(MAX_BINARY, 2), 'after']));

      it('many large messages, which have to be spread over requests', () =>
        echoes(Array.from({ length: 6 }, (_, index) => String(index).repeat(400_000))));

      it('a message above maxPayload from the server, which limits only what it takes in', () =>
        withClient(
          async (client) => {
            client.send('send 3000000');
            assert.deepEqual(await client.reach(1), [Buffer.alloc(3_000_000, 0xab)]);
          },
          { maxPayload: 8_000_000 },
        ));

      it('a message of ours above maxPayload is refused here, with both numbers', () =>
        withClient(async (client) => {
          client.send('x'.repeat(MAX_PAYLOAD), 'after');
          assert.equal(await client.exited, 4);
          assert.match(client.log, /1000001 bytes.*1000000/);
        }));
    });
  }
}
