// npm engine.io-client: how sessions end, from either side and by silence.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Inbox, TRANSPORTS, closed, open } from '../lib/peer.js';
import { RawClient } from '../lib/raw.js';
import { withServer } from '../lib/server.js';
import { PollingSession } from '../lib/session.js';

const PEER_PROCESS = fileURLToPath(new URL('../lib/peer-process.js', import.meta.url));
const IMPATIENT = { pingInterval: '500ms', pingTimeout: '1s' };

/** Resolves once the server no longer knows a session. */
async function forgotten(server, sid) {
  const client = new RawClient(server);
  try {
    await new PollingSession(client, { sid }).gone();
  } finally {
    client.dispose();
  }
}

/** Starts a client in a process of its own; resolves with the process and the session id. */
async function startPeerProcess(server, transport) {
  const child = spawn(process.execPath, [PEER_PROCESS, server.origin, transport], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sid = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return { child, sid };
}

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(`engine.io-client: ends, ${name}`, { concurrency: true }, () => {
    it('the server closes: what it sent before arrives first', () =>
      withServer({ mode: 'commands' }, async (server) => {
        const socket = await open(server, options);
        const inbox = new Inbox(socket);
        const end = closed(socket);
        for (const message of ['a', 'b', 'close']) socket.send(message);
        assert.equal((await end).reason, 'transport close');
        assert.deepEqual(inbox.messages, ['a', 'b']);
      }));

    it('the client closes: the server forgets the session', () =>
      withServer({ mode: 'commands' }, async (server) => {
        const socket = await open(server, options);
        const { id } = socket;
        const end = closed(socket);
        socket.close();
        assert.equal((await end).reason, 'forced close');
        await forgotten(server, id);
      }));

    it('SIGTERM: the client hears of it, and the server exits 0', () =>
      withServer({}, async (server) => {
        const socket = await open(server, options);
        const end = closed(socket);
        server.signal('SIGTERM');
        assert.equal((await end).reason, 'transport close');
        assert.deepEqual(await server.exited, { code: 0, signal: null });
      }));

    it('a server that is stopped: ping timeout at the client', () =>
      withServer(IMPATIENT, async (server) => {
        const socket = await open(server, options);
        const end = closed(socket);
        server.signal('SIGSTOP');
        assert.equal((await end).reason, 'ping timeout');
      }));

    it('a server that is stopped for a moment: the session goes on', () =>
      withServer({ pingInterval: '300ms', pingTimeout: '20s' }, async (server) => {
        const socket = await open(server, options);
        const inbox = new Inbox(socket);
        server.signal('SIGSTOP');
        socket.send('while it stands still');
        server.signal('SIGCONT');
        assert.deepEqual(await inbox.reach(1), ['while it stands still']);
        socket.close();
      }));
  });
}

describe('engine.io-client: a client that stops answering pings', { concurrency: true }, () => {
  for (const transport of ['polling', 'websocket']) {
    it(`${transport}: the server forgets the session`, () =>
      withServer(IMPATIENT, async (server) => {
        const { child, sid } = await startPeerProcess(server, transport);
        child.kill('SIGSTOP');
        await forgotten(server, sid).finally(() => child.kill('SIGKILL'));
      }));

    it(`${transport}: one that is killed is forgotten too`, () =>
      withServer(IMPATIENT, async (server) => {
        const { child, sid } = await startPeerProcess(server, transport);
        child.kill('SIGKILL');
        await forgotten(server, sid);
      }));
  }
});

describe('engine.io-client: heartbeat', { concurrency: true }, () => {
  for (const [name, options] of Object.entries(TRANSPORTS)) {
    it(`${name}: ten pings, and the session is still open`, () =>
      withServer({ pingInterval: '100ms', pingTimeout: '10s' }, async (server) => {
        const socket = await open(server, options);
        await pings(socket, 10);
        assert.equal(socket.readyState, 'open');
        socket.close();
      }));
  }
});

function pings(socket, count) {
  let seen = 0;
  return new Promise((resolve) => socket.on('ping', () => (seen += 1) === count && resolve()));
}
