// Peers that stop in the middle of something. The deadlines are long, so these cases run side by side.

import assert from 'node:assert/strict';

import { readResponse } from '../lib/http.js';
import { suite } from '../lib/suite.js';

const DRIP_MS = 1000;

/** Writes one byte each second until the connection is gone; resolves with what the server said. */
async function drip(connection, text) {
  const bytes = text[Symbol.iterator]();
  const timer = setInterval(() => connection.write(bytes.next().value ?? 'a'), DRIP_MS);
  try {
    return (await connection.readToEnd()).toString('latin1');
  } finally {
    clearInterval(timer);
  }
}

/** Asserts that the server said nothing, or that it said no in HTTP. */
function assertNotServed(said) {
  assert.match(said, /^(HTTP\/1\.1 4\d\d |$)/);
}

suite(
  'deadlines',
  { mode: 'commands' },
  (check) => {
    check(
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept',
      async (client) => {
        const idle = await client.connect();
        idle.write(client.format({}));
        await readResponse(idle);
        assertNotServed(await drip(await client.connect(), 'GET /engine.io/?EIO=4&transport=polling HTTP/1.1'));
        idle.write(client.format({}));
        assert.equal((await readResponse(idle)).status, 200);
      },
    );

    check('a WebSocket handshake head at one byte per second: cut off', async (client) => {
      const connection = await client.connect();
      connection.write('GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n');
      assertNotServed(await drip(connection, 'X-Slow: '));
    });

    check('a body at one byte per second: cut off', async (client) => {
      const session = await client.open();
      const connection = await client.connect();
      const headers = [['Content-Length', 1000]];
      connection.write(client.format({ method: 'POST', query: session.query, headers }));
      assertNotServed(await drip(connection, '4'));
    });

    check('a chunked body at one byte per second: cut off', async (client) => {
      const session = await client.open();
      const connection = await client.connect();
      const headers = [['Transfer-Encoding', 'chunked']];
      connection.write(client.format({ method: 'POST', query: session.query, headers }));
      connection.write('3e8\r\n');
      assertNotServed(await drip(connection, '4'));
    });

    check('a probing WebSocket that says nothing: closed, the session stays', async (client) => {
      const session = await client.open();
      await (await session.openProbe()).assertClosed();
      await session.assertEcho('still on polling');
    });

    check('a probing WebSocket that never sends the upgrade packet: closed, the session stays', async (client) => {
      const session = await client.open();
      await (await session.probe()).assertClosed();
      await session.assertEcho('still on polling');
    });
  },
  { concurrency: true },
);
