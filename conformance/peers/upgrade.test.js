// npm engine.io-client: the upgrade while messages travel in both directions. Nothing lost, nothing reordered.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, it } from 'node:test';

import { Inbox, connect, open, opened, upgraded } from '../lib/peer.js';
import { pool } from '../lib/pool.js';
import { withServer } from '../lib/server.js';

const ROUNDS = 300;
const WIDTH = 30;
const AFTERWARDS = 20;

/** What message `index` of a round is: text, now and then binary, now and then a command to answer with many. */
function message(index) {
  if (index % 7 === 3) return Buffer.from(`binary ${index}`);
  return index % 5 === 2 ? 'burst 5' : `text ${index}`;
}

/** What the server sends for it. */
function replies(sent) {
  return sent === 'burst 5' ? Array.from({ length: 5 }, (_, index) => `burst ${index}`) : [sent];
}

/** Sends from the first moment until well after the upgrade; resolves with what was sent. */
async function talkThrough(socket) {
  const sent = [];
  const send = () => {
    sent.push(message(sent.length));
    socket.send(sent.at(-1));
  };
  let done = false;
  const upgrade = upgraded(socket).finally(() => (done = true));
  for (; !done; await nextTurn()) send();
  await upgrade;
  for (let count = 0; count < AFTERWARDS; count += 1) send();
  return sent;
}

async function round(server) {
  const socket = connect(server);
  const inbox = new Inbox(socket);
  await opened(socket);
  const expected = (await talkThrough(socket)).flatMap(replies);
  assert.deepEqual(await inbox.reach(expected.length), expected);
  assert.equal(socket.transport.name, 'websocket');
  socket.close();
}

describe('engine.io-client: upgrade', () => {
  it(`${ROUNDS} upgrades while the client and the server talk, ${WIDTH} at a time`, () =>
    withServer({ mode: 'commands' }, (server) => pool(ROUNDS, WIDTH, () => round(server))));

  it('50 upgrades, one after another', () =>
    withServer({ mode: 'commands' }, (server) => pool(50, 1, () => round(server))));

  it('100 upgrades while somebody else broadcasts: each session sees every number from its first', () =>
    withServer({ mode: 'chat' }, (server) => underBroadcast(server)));

  it('100 upgrades with a ping every few messages', () =>
    withServer({ mode: 'commands', pingInterval: '50ms', pingTimeout: '10s' }, (server) =>
      pool(100, WIDTH, () => round(server)),
    ));
});

async function underBroadcast(server) {
  const speaker = await open(server, { transports: ['websocket'] });
  let number = 0;
  const timer = setInterval(() => speaker.send(String((number += 1))), 1);
  try {
    await pool(100, 25, () => listenThrough(server));
  } finally {
    clearInterval(timer);
    speaker.close();
  }
}

async function listenThrough(server) {
  const socket = connect(server);
  const inbox = new Inbox(socket);
  await upgraded(socket);
  const numbers = (await inbox.reach(inbox.messages.length + AFTERWARDS)).map(Number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => numbers[0] + index),
  );
  socket.close();
}
