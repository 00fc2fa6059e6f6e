// Bounds that a peer cannot push: heads, queues, fragments.

import assert from 'node:assert/strict';

import { Opcode, formatFrame } from '../lib/frame.js';
import { isSpec } from '../lib/replies.js';
import { assertBounded, residentBytes } from '../lib/resources.js';
import { suite } from '../lib/suite.js';

const HEAD_LIMIT = 16 * 1024;
const HEADER_LIMIT = 100;
const FRAGMENT_LIMIT = 1024;
const QUEUE_BYTES = 4 * 1024 * 1024;
/** Far more than the queue and what the kernel holds for a socket that is not read. */
const FLOOD_BYTES = 10 * QUEUE_BYTES;
const CHUNK_BYTES = 64 * 1024;
const QUEUE_PACKETS = 16_384;
/** So many packets leave together: far fewer than make the sender itself a slow one. */
const BATCH = 128;
const POLICY = 1008;
const TOO_LARGE_STATUS = [400, 414, 431];

const manyHeaders = (count) => Array.from({ length: count }, (_, index) => [`X-${index}`, 'a']);

suite('limits: request head', {}, (check) => {
  check('one inside the limits is accepted', async (client) => {
    await client.open({ headers: [...manyHeaders(80), ['X-Long', 'a'.repeat(HEAD_LIMIT / 2)]] });
  });

  check('more than 100 headers', async (client) => {
    const headers = manyHeaders(HEADER_LIMIT + 1);
    assert.equal((await client.request({ headers })).status, 431);
    assert.equal((await client.refusedHandshake({ headers })).status, 431);
  });

  check('more than 16 KiB', async (client) => {
    const headers = [['X-Long', 'a'.repeat(HEAD_LIMIT)]];
    assert.equal((await client.request({ headers })).status, 431);
    assert.equal((await client.refusedHandshake({ headers })).status, 431);
  });

  check('a target above the limit', async (client) => {
    const query = `EIO=4&transport=polling&t=${'a'.repeat(HEAD_LIMIT)}`;
    const { status } = await client.request({ query });
    assert.ok(TOO_LARGE_STATUS.includes(status), `status ${status}`);
  });
});

suite('limits: a client that does not read', { mode: 'broadcast' }, (check) => {
  check('websocket: closed as a slow consumer, memory stays bounded', async (client, server) => {
    const slow = await client.openSocket();
    slow.stream.socket.pause();
    const before = await residentBytes(server);
    const sender = await client.openSocket();
    await flood(sender, FLOOD_BYTES);
    await assertBounded(server, before);
    slow.stream.socket.resume();
    const { code, messages } = await slow.closed();
    if (isSpec) assert.deepEqual([code, messages.at(-1)], [POLICY, '1']);
    assert.ok(messages.length * CHUNK_BYTES < FLOOD_BYTES, 'the slow one got everything');
  });

  check('polling: bytes', async (client) => {
    const slow = await client.open();
    const sender = await client.openSocket();
    await flood(sender, 2 * QUEUE_BYTES);
    await slow.gone();
  });

  check('polling: packets', async (client) => {
    const slow = await client.open();
    const sender = await client.openSocket();
    for (let count = 0; count <= QUEUE_PACKETS; count += BATCH) {
      for (let index = 0; index < BATCH; index += 1) sender.send('4small');
      await sender.take(BATCH);
    }
    await slow.gone();
  });
});

/** Sends `total` bytes in chunks, each awaited on the sender itself so that only the others can be slow. */
async function flood(sender, total) {
  const chunk = formatFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(CHUNK_BYTES, 7) });
  for (let sent = 0; sent < total; sent += CHUNK_BYTES) {
    sender.stream.write(chunk);
    await sender.next();
  }
}

suite('limits: fragments', {}, (check) => {
  check('as many as the limit make a message', async (client) => {
    const socket = await client.openSocket();
    sendFragments(socket, FRAGMENT_LIMIT);
    assert.equal((await socket.next()).length, FRAGMENT_LIMIT);
  });

  check('more: closed', async (client) => {
    const socket = await client.openSocket();
    sendFragments(socket, FRAGMENT_LIMIT + 1);
    const { messages } = await socket.assertClosed(POLICY);
    assert.deepEqual(messages, []);
  });
});

function sendFragments(socket, count) {
  for (let index = 0; index < count; index += 1) {
    const opcode = index === 0 ? Opcode.BINARY : Opcode.CONTINUATION;
    socket.sendFrame({ opcode, payload: 'a', fin: index === count - 1 });
  }
}
