// Prompt stops: whatever its clients do, a server that is told to end has ended within its grace and a second, and has
// told every client that listens. The test waits for the end itself, however slow the machine is.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RawClient } from '../lib/raw.js';
import { withServer } from '../lib/server.js';
import { within } from '../lib/within.js';

/** Ten times the promise and more. */
const PATIENCE_MS = 60_000;
const GOING_AWAY = 1001;

const SUBJECTS = {
  'engineio serve': { flags: { grace: '2s' } },
  'an axum application': {
    flags: {},
    peer: { command: [fileURLToPath(new URL('../../target/release/examples/axum', import.meta.url))] },
  },
};

/** A client of each kind. */
const CLIENTS = {
  'a held poll': async (client) => {
    const poll = await (await client.open()).startPoll();
    return async () => assert.equal((await poll.response).text, '1');
  },
  'a WebSocket': async (client) => {
    const socket = await client.openSocket();
    return () => assertTold(socket);
  },
  'a session that has upgraded': async (client) => {
    const socket = await (await client.open()).upgrade();
    await socket.assertEcho('upgraded');
    return () => assertTold(socket);
  },
  'in the middle of an upgrade': async (client) => {
    const session = await client.open();
    await session.probe();
    return async () => assert.deepEqual(await session.take(1), ['1']);
  },
  'between two polls': async (client) => {
    const session = await client.open();
    return async () => assert.deepEqual(await session.poll(), ['1']);
  },
  'a WebSocket that does not answer the close': async (client) => {
    const socket = await client.openSocket();
    return async () => assert.deepEqual(await socket.closed(), { code: GOING_AWAY, messages: ['1'] });
  },
  'a poll that nobody comes for': async (client) => {
    await client.open();
    return () => {};
  },
  'a POST that never ends': async (client) => {
    const session = await client.open();
    const options = { method: 'POST', query: session.query, headers: [['Content-Length', '100']] };
    await client.start(options);
    return async () => assert.deepEqual(await session.poll(), ['1']);
  },
  'a WebSocket that never stops sending': async (client) => {
    const socket = await client.openSocket();
    const flood = setInterval(() => socket.send(`4${'x'.repeat(1000)}`), 1).unref();
    return async () => {
      const { code, messages } = await socket.closed();
      assert.deepEqual([code, messages.at(-1)], [GOING_AWAY, '1']);
      return () => clearInterval(flood);
    };
  },
  'a WebSocket that reads nothing': async (client) => {
    const socket = await client.openSocket();
    socket.stream.socket.pause();
    for (let count = 0; count < 200; count += 1) socket.send(`4${'x'.repeat(50_000)}`);
    return () => {};
  },
};

async function assertTold(socket) {
  assert.deepEqual(await socket.assertClosed(GOING_AWAY), { code: GOING_AWAY, messages: ['1'] });
}

for (const [name, { flags, peer }] of Object.entries(SUBJECTS)) {
  describe(`a stop: ${name}`, { concurrency: false }, () => {
    /** Starts the clients, tells the server to end, and waits for all that follows. */
    const stop = (kinds) =>
      withServer(
        flags,
        async (server) => {
          const client = new RawClient(server);
          const told = [];
          for (const kind of kinds) told.push(await CLIENTS[kind](client));
          server.signal('SIGTERM');
          const ends = await within(PATIENCE_MS, Promise.all(told.map((isTold) => isTold())));
          assert.deepEqual(await within(PATIENCE_MS, server.exited), { code: 0, signal: null });
          ends.forEach((end) => end?.());
          client.dispose();
        },
        peer,
      );

    for (const kind of Object.keys(CLIENTS)) it(kind, () => stop([kind]));

    it('all of them at once', () => stop(Object.keys(CLIENTS)));
  });
}
