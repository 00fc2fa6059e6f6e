// The upgrade from polling to a WebSocket: every step, every way it can fail, and nothing lost.

import assert from 'node:assert/strict';

import { Opcode } from '../lib/frame.js';
import { assertReply } from '../lib/replies.js';
import { openSockets, socketsBackTo } from '../lib/resources.js';
import { splitPackets } from '../lib/session.js';
import { suite } from '../lib/suite.js';

async function closeOrderly(socket) {
  socket.sendClose();
  await socket.assertClosed();
  socket.stream.destroy();
}

/** Ways in which a probing WebSocket fails, from the side of the client. */
const FAILURES = {
  'closed before the probe': async (session) => closeOrderly(await session.openProbe()),
  'reset before the probe': async (session) => (await session.openProbe()).stream.reset(),
  'closed after the probe': async (session) => closeOrderly(await session.probe()),
  'reset after the probe': async (session) => (await session.probe()).stream.reset(),
  'a message instead of the probe': async (session) => (await session.openProbe()).send('4hello'),
  'another ping instead of the probe': async (session) => (await session.openProbe()).send('2other'),
  'an upgrade packet instead of the probe': async (session) => (await session.openProbe()).send('5'),
  'binary instead of the probe': async (session) => (await session.openProbe()).send(Buffer.of(1)),
  'garbage instead of the probe': async (session) => (await session.openProbe()).send('x'),
  'a message instead of the upgrade packet': async (session) => (await session.probe()).send('4hello'),
  'a pong instead of the upgrade packet': async (session) => (await session.probe()).send('3'),
  'a bad frame after the probe': async (session) =>
    (await session.probe()).sendFrame({ opcode: Opcode.TEXT, payload: '5', rsv: 4 }),
};

/** A poll waits for a message as before, which one that is let go at once would not; and an upgrade succeeds. */
async function assertUntouched(session) {
  const poll = await session.startPoll();
  await session.send('4polls wait');
  assert.equal((await poll.response).text, '4polls wait');
  await session.assertEcho('still on polling');
  const socket = await session.upgrade();
  await socket.assertEcho('upgraded after all');
}

suite('upgrade', { mode: 'commands' }, (check) => {
  check('until the probe, polling is unchanged', async (client) => {
    const session = await client.open();
    await session.openProbe();
    const poll = await session.startPoll();
    await session.send('4a');
    assert.equal((await poll.response).text, '4a');
  });

  check('after the probe, a waiting poll gets a noop', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    await session.probe();
    assert.equal((await poll.response).text, '6');
  });

  check('after the probe, later polls get a noop too', async (client) => {
    const session = await client.open();
    await session.probe();
    for (let round = 0; round < 3; round += 1) assert.deepEqual(await session.poll(), ['6']);
  });

  check('after the probe, polls still get what is queued, in order', async (client) => {
    const session = await client.open();
    await session.send('4a');
    await session.probe();
    await session.send('4b', 'bAQID');
    assert.deepEqual(await session.poll(), ['4a', '4b', 'bAQID']);
    const poll = await session.startPoll();
    await session.send('4c');
    const packets = splitPackets((await poll.response).text).filter((packet) => packet !== '6');
    assert.deepEqual(packets.length ? packets : await session.take(1), ['4c']);
  });

  check('on the upgrade packet an open poll gets a noop, and none comes on the WebSocket', async (client) => {
    const session = await client.open();
    const socket = await session.probe();
    const poll = await session.startPoll();
    socket.send('5');
    assert.equal((await poll.response).text, '6');
    await socket.assertEcho('hello');
    await socket.assertEcho('again');
  });

  check('what is queued at the upgrade packet goes to the WebSocket, in order', async (client) => {
    const session = await client.open();
    const socket = await session.probe();
    await session.send('4a', 'bAQID', '4b');
    socket.send('5');
    socket.send('4c');
    assert.deepEqual(await socket.take(4), ['4a', Buffer.of(1, 2, 3), '4b', '4c']);
  });

  check(
    'a POST begun before the upgrade packet: its packets come before those of the WebSocket',
    async (client) => {
      const session = await client.open();
      const socket = await session.probe();
      const headers = [['Content-Length', 6]];
      const { connection, response } = await client.start({ method: 'POST', query: session.query, headers });
      connection.write('4po');
      await client.settle(connection);
      socket.send('5');
      socket.send('4websocket');
      await client.settle(connection);
      connection.write('st!');
      assertReply(await response, 'post accepted');
      assert.deepEqual(await socket.take(2), ['4post!', '4websocket']);
    },
  );

  check('polling requests after it: 400, the session is untouched', async (client) => {
    const session = await client.open();
    const socket = await session.upgrade();
    await socket.assertEcho('upgraded');
    assertReply(await session.get(), 'bad request');
    assertReply(await session.post('4a'), 'bad request');
    await socket.assertEcho('untouched');
  });

  for (const [how, fail] of Object.entries(FAILURES)) {
    check(`failed (${how}): still on polling, nothing lost, and a new one succeeds`, async (client, server) => {
      const session = await client.open();
      await session.send('4queued before');
      const before = await openSockets(server);
      await fail(session);
      await session.send('4queued after');
      assert.deepEqual(await session.take(2), ['4queued before', '4queued after']);
      await socketsBackTo(server, before);
      await assertUntouched(session);
    });
  }

  check('a wrong packet closes the probing WebSocket', async (client) => {
    const session = await client.open();
    const socket = await session.openProbe();
    socket.send('4hello');
    const { messages } = await socket.assertClosed();
    assert.deepEqual(messages, []);
  });

  check('a second WebSocket while one is probing: 101, then closed; the first goes on', async (client) => {
    for (const begin of ['openProbe', 'probe']) {
      const session = await client.open();
      const first = await session[begin]();
      const second = await session.openProbe();
      const { messages } = await second.assertClosed();
      assert.deepEqual(messages, []);
      if (begin === 'openProbe') {
        first.send('2probe');
        assert.equal(await first.next(), '3probe');
      }
      first.send('5');
      await first.assertEcho('hello');
    }
  });

  check('a second WebSocket after it: 101, then closed; the session is untouched', async (client) => {
    const session = await client.open();
    const socket = await session.upgrade();
    await socket.assertEcho('upgraded');
    const second = await session.openProbe();
    second.send('4forged');
    assert.deepEqual((await second.assertClosed()).messages, []);
    await socket.assertEcho('untouched');
  });

  check('a second WebSocket for a session that began on one: 101, then closed', async (client) => {
    const socket = await client.openSocket();
    const second = await client.openWebSocket({ query: { sid: socket.open.sid } });
    const { messages } = await second.assertClosed();
    assert.deepEqual(messages, []);
    await socket.assertEcho('untouched');
  });

  check('the session ends with its WebSocket', async (client) => {
    const session = await client.open();
    const socket = await session.upgrade();
    await socket.assertEcho('upgraded');
    socket.stream.reset();
    await session.gone();
  });

  check('a client close on polling ends a probing WebSocket', async (client) => {
    const session = await client.open();
    const socket = await session.probe();
    await session.send('1');
    await socket.assertClosed();
    await session.assertGone();
  });
});

suite('upgrade: timeout', { upgradeTimeout: '1s' }, (check) => {
  for (const begin of ['openProbe', 'probe']) {
    check(
      `${begin === 'probe' ? 'no upgrade packet' : 'no probe'}: closed, still on polling, nothing lost`,
      async (client) => {
        const session = await client.open();
        const socket = await session[begin]();
        await session.send('4queued');
        const { messages } = await socket.assertClosed();
        assert.deepEqual(messages, []);
        assert.deepEqual(await session.take(1), ['4queued']);
        await assertUntouched(session);
      },
    );
  }
});

suite('upgrade: heartbeat', { pingInterval: '300ms', pingTimeout: '5s' }, (check) => {
  check('goes on through polls while probing, and on the WebSocket afterwards', async (client) => {
    const session = await client.open();
    const socket = await session.probe();
    assert.deepEqual(await session.take(1), ['2']);
    await session.send('3');
    socket.send('5');
    assert.equal(await socket.next(), '2');
    socket.send('3');
    assert.equal(await socket.next(), '2');
  });
});

suite('upgrade: off', { noUpgrades: true }, (check) => {
  check('is not offered, and refused without a 101', async (client) => {
    const session = await client.open();
    assert.deepEqual(session.open.upgrades, []);
    assertReply(await client.refusedHandshake({ query: { sid: session.sid } }), 'bad request');
    await session.assertEcho('untouched');
  });

  check('a session may still begin on a WebSocket', async (client) => {
    const socket = await client.openSocket();
    await socket.assertEcho('hello');
  });
});
