// Servers of Engine.IO 3, which our client names instead of talking to them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ROUTES, withConnect } from '../lib/connect.js';
import { track } from '../lib/server.js';

const NO_SESSION = 3;
const SERVER = fileURLToPath(new URL('../servers/older.js', import.meta.url));

/** Runs `body` with the origin of such a server. */
async function withOlder(kind, body) {
  const server = spawn(process.execPath, [SERVER, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  track(server);
  try {
    const [line] = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', (...words) => resolve(words)));
    return await body(line.split(' ').at(-1));
  } finally {
    server.kill('SIGKILL');
  }
}

const refuses = (url, flags) =>
  withConnect(url, flags, async (client) => {
    assert.equal(await client.exited, NO_SESSION);
    assert.match(client.log, /^error: .*this server speaks Engine\.IO 3/m);
    assert.equal(client.events.some(({ event }) => event === 'open'), false, 'there was no session');
  });

describe('a server of Engine.IO 3 is named', { concurrency: true }, () => {
  for (const [title, { flags }] of Object.entries(ROUTES)) {
    it(`npm socket.io 2: ${title}`, () =>
      withOlder('socket.io', (origin) => refuses(`${origin}/socket.io/`, flags)));
  }
  for (const transports of ['polling', 'polling,websocket']) {
    it(`npm engine.io 3: ${transports}`, () => withOlder('engine.io', (origin) => refuses(origin, { transports })));
  }
});
