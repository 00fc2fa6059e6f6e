// How a session ends: by the client, by the server, by the end of the server.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isSpec } from '../lib/replies.js';
import { runCase, suite } from '../lib/suite.js';
import { RawClient } from '../lib/raw.js';
import { withServer } from '../lib/server.js';

const NORMAL = 1000;
/** What a WebSocket is closed with when the server stops: going away. */
const STOPPED = 1001;
/** Nobody is cut off because the machine is slow. */
const PATIENT = isSpec ? { grace: '60s' } : {};

suite('close: by the client', { mode: 'broadcast' }, (check) => {
  check('polling: the POST is accepted, a waiting poll gets a noop, the session is gone', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    await session.send('1');
    assert.equal((await poll.response).status, 200);
    assert.equal((await poll.response).text, '6');
    await session.assertGone();
  });

  check('polling: without a waiting poll', async (client) => {
    const session = await client.open();
    await session.send('1');
    await session.assertGone();
  });

  check('polling: packets before it are delivered, packets after it ignored', async (client) => {
    const observer = await client.openSocket();
    const session = await client.open();
    await session.send('4before', '1', '4after');
    await session.assertGone();
    observer.send('4sentinel');
    assert.deepEqual(await observer.take(2), ['4before', '4sentinel']);
  });

  check('websocket: the server ends the connection; packets after it are ignored', async (client) => {
    const observer = await client.openSocket();
    const socket = await client.openSocket();
    for (const packet of ['4before', '1', '4after']) socket.send(packet);
    await socket.assertClosed(NORMAL);
    observer.send('4sentinel');
    assert.deepEqual(await observer.take(2), ['4before', '4sentinel']);
  });
});

suite('close: by the server', { mode: 'commands' }, (check) => {
  check('polling: a waiting poll gets `1`', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    await session.send('4close');
    assert.equal((await poll.response).text, '1');
    await session.assertGone();
  });

  check('polling: without a waiting poll, the next one gets what was queued and `1`', async (client) => {
    const session = await client.open();
    await session.send('4queued', 'bAQID', '4close');
    assert.deepEqual(await session.poll(), ['4queued', 'bAQID', '1']);
    await session.assertGone();
  });

  check('websocket: what was queued, `1`, and a close frame', async (client) => {
    const socket = await client.openSocket();
    socket.send('4queued');
    socket.send('4close');
    const { messages } = await socket.assertClosed(NORMAL);
    assert.deepEqual(messages, ['4queued', '1']);
  });

  check('while probing: the poll gets `1`, the WebSocket is closed', async (client) => {
    const session = await client.open();
    const socket = await session.probe();
    await session.send('4close');
    assert.equal((await session.take(1)).at(-1), '1');
    await socket.assertClosed();
  });
});

/** Sessions in every state, on a server that is about to be told to end. */
async function populate(client) {
  const polling = await client.open();
  return {
    poll: await polling.startPoll(),
    socket: await client.openSocket(),
    upgraded: await (await client.open()).upgrade(),
    unpolled: await client.open(),
  };
}

describe('close: by the end of the server', { concurrency: true }, () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`${signal}: every session hears of it, new ones get 503, the process exits 0`, () =>
      withServer({ mode: 'commands', ...PATIENT }, (server) => assertDrains(server, signal)));
  }

  it('polling: POSTs are accepted until the poll with `1` was fetched', () =>
    withServer({ mode: 'commands', ...PATIENT }, async (server) => {
      const client = new RawClient(server);
      const [session, other] = [await client.open(), await client.open()];
      const waiting = await (await client.open()).startPoll();
      await session.send('4queued');
      server.signal('SIGTERM');
      assert.equal((await waiting.response).text, '1');
      await session.send('4under way');
      assert.deepEqual(await session.poll(), ['4queued', '1']);
      await session.gone();
      // Until somebody has come for the last one, the server is there to refuse it.
      assert.deepEqual(await other.pollToTheEnd(), ['1']);
      assert.deepEqual(await server.exited, { code: 0, signal: null });
      client.dispose();
    }));

  it('websocket: the connection is read until the client closes, too', () =>
    withServer({ mode: 'commands', ...PATIENT }, async (server) => {
      const client = new RawClient(server);
      const socket = await client.openSocket();
      server.signal('SIGTERM');
      assert.deepEqual(await socket.closed(), { code: STOPPED, messages: ['1'] });
      for (let count = 0; count < 100; count += 1) socket.send('4under way');
      socket.sendClose(STOPPED);
      await socket.stream.ended;
      assert.deepEqual(await server.exited, { code: 0, signal: null });
      client.dispose();
    }));

  it('SIGTERM without sessions: exits 0', () =>
    withServer({}, async (server) => {
      await runCase(server, (client) => client.open().then((session) => session.send('1')));
      server.signal('SIGTERM');
      assert.deepEqual(await server.exited, { code: 0, signal: null });
    }));
});

async function assertDrains(server, signal) {
  const client = new RawClient(server);
  const { poll, socket, upgraded, unpolled } = await populate(client);
  await upgraded.assertEcho('upgraded');
  await unpolled.send('4queued');
  server.signal(signal);
  assert.equal((await poll.response).text, '1');
  for (const connection of [socket, upgraded]) {
    assert.deepEqual((await connection.assertClosed(STOPPED)).messages, ['1']);
  }
  const refused = await client.request();
  assert.equal(refused.status, 503);
  assert.match(refused.header('retry-after'), /^\d+$/);
  assert.equal((await client.refusedHandshake()).status, 503);
  // Sessions end one after the other: a poll may still come before its own does.
  assert.deepEqual(await unpolled.pollToTheEnd(), ['4queued', '1']);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  client.dispose();
}
