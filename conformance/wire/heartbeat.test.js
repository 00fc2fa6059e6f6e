// Ping and pong, and the end of a session whose peer has gone silent.

import assert from 'node:assert/strict';

import { suite } from '../lib/suite.js';

const ROUNDS = 3;
const NORMAL = 1000;

suite('heartbeat: a client that answers', { pingInterval: '200ms', pingTimeout: '20s' }, (check) => {
  check('polling: ping, pong, ping, pong', async (client) => {
    const session = await client.open();
    for (let round = 0; round < ROUNDS; round += 1) {
      assert.deepEqual(await session.poll(), ['2']);
      await session.send('3');
    }
  });

  check('websocket: ping, pong, ping, pong', async (client) => {
    const socket = await client.openSocket();
    for (let round = 0; round < ROUNDS; round += 1) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
  });

  check('a pong with data is a pong', async (client) => {
    const socket = await client.openSocket();
    for (let round = 0; round < ROUNDS; round += 1) {
      assert.equal(await socket.next(), '2');
      socket.send('3data');
    }
  });
});

suite('heartbeat: a client that does not', { pingInterval: '300ms', pingTimeout: '700ms' }, (check) => {
  check('polling: no pong, and the waiting poll gets `1`', async (client) => {
    const session = await client.open();
    assert.deepEqual(await session.poll(), ['2']);
    assert.deepEqual(await session.poll(), ['1']);
    await session.assertGone();
  });

  check('polling: a session that is never polled ends', async (client) => {
    const session = await client.open();
    await session.gone();
  });

  check('polling: a pong for a ping that was never fetched does not count', async (client) => {
    const session = await client.open();
    const chatter = setInterval(() => session.post('3').catch(() => {}), 50);
    await session.gone().finally(() => clearInterval(chatter));
  });

  check('websocket: no pong, and the connection is closed', async (client) => {
    const socket = await client.openSocket();
    const { messages } = await socket.assertClosed(NORMAL);
    assert.equal(messages[0], '2');
  });

  check('websocket: other traffic does not stand in for a pong', async (client) => {
    const socket = await client.openSocket();
    const chatter = setInterval(() => socket.send('4still talking'), 20);
    const { messages } = await socket.assertClosed().finally(() => clearInterval(chatter));
    assert.equal(messages.filter((message) => message === '2').length, 1);
    assert.ok(messages.includes('4still talking'));
  });

  check('polling: other traffic does not stand in for a pong', async (client) => {
    const session = await client.open();
    const chatter = setInterval(() => session.post('4still talking').catch(() => {}), 50);
    const seen = await session.pollToTheEnd().finally(() => clearInterval(chatter));
    assert.equal(seen.filter((packet) => packet === '2').length, 1);
  });

  check('a WebSocket ping or pong frame does not stand in for a pong packet', async (client) => {
    const socket = await client.openSocket();
    const chatter = setInterval(() => socket.sendFrame({ opcode: 10 }), 20);
    await socket.assertClosed().finally(() => clearInterval(chatter));
  });

  check('an unfinished message does not hold a session', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: 1, payload: '4begun', fin: false });
    await socket.assertClosed();
  });
});
