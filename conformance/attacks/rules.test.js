// WebSockets and upgrades that break the rules in the middle of something.

import assert from 'node:assert/strict';

import { formatFrame, Opcode } from '../lib/frame.js';
import { many } from '../lib/hosts.js';
import { assertBounded, openSockets, residentBytes, socketsBackTo, untilIdle } from '../lib/resources.js';
import { suite } from '../lib/suite.js';

suite('abuse: WebSockets that break the rules', { mode: 'commands' }, (check) => {
  check('a ping between each two of a thousand fragments: all are answered', async (client) => {
    const socket = await client.openSocket();
    const count = 1000;
    for (let index = 0; index < count; index += 1) {
      socket.sendFrame({ opcode: index ? Opcode.CONTINUATION : Opcode.TEXT, payload: index ? 'x' : '4', fin: index === count - 1 });
      if (index < count - 1) socket.sendFrame({ opcode: Opcode.PING, payload: String(index) });
    }
    let frame;
    do frame = await socket.nextFrame();
    while (frame.opcode === Opcode.PONG);
    assert.equal(frame.payload.toString(), `4${'x'.repeat(count - 1)}`);
  });

  for (const opcode of [Opcode.PING, Opcode.PONG, Opcode.CLOSE]) {
    check(`a control frame in fragments (${opcode}), within a message: closed with 1002`, async (client) => {
      const socket = await client.openSocket();
      socket.sendFrame({ opcode: Opcode.TEXT, payload: '4a', fin: false });
      socket.sendFrame({ opcode, payload: '', fin: false });
      socket.sendFrame({ opcode: Opcode.CONTINUATION, payload: 'b' });
      assert.deepEqual((await socket.assertClosed(1002)).messages, []);
    });
  }

  check('one that reads nothing and breaks the rules: the processor rests', async (client, server) => {
    for (const offence of ['2', '9', '1']) {
      const socket = await client.openSocket();
      socket.stream.socket.pause();
      for (let count = 0; count < 12; count += 1) socket.send('4send 300000');
      await client.settle(socket.stream);
      socket.send(offence);
      await client.settle(socket.stream);
    }
    await untilIdle(server);
  });

  check('probing: floods of pings, messages or probes end the attempt only', async (client, server) => {
    const before = await residentBytes(server);
    const flood = (text) => Buffer.concat(Array.from({ length: 10_000 }, () => formatFrame(text)));
    for (const frame of [
      { opcode: Opcode.PING, payload: 'x'.repeat(125) },
      { opcode: Opcode.TEXT, payload: '4early' },
      { opcode: Opcode.TEXT, payload: '2probe' },
      { opcode: Opcode.TEXT, payload: '5' },
    ]) {
      const session = await client.open();
      const socket = await session.openProbe();
      socket.stream.socket.pause();
      socket.stream.write(flood(frame));
      await client.settle(socket.stream);
      socket.stream.destroy();
      await session.assertEcho('still on polling');
    }
    await assertBounded(server, before);
  });

  check('the upgrade packet, a message and a reset in one write: told once, the session ends', async (client) => {
    for (let round = 0; round < 20; round += 1) {
      const session = await client.open();
      const socket = await session.probe();
      const frames = ['5', '4a', '4b'].map((payload) => formatFrame({ opcode: Opcode.TEXT, payload }));
      await socket.stream.writeAll(Buffer.concat(frames));
      socket.stream.reset();
      await session.gone();
    }
  });

  check('a close by polling and the upgrade packet at once: the session ends', async (client) => {
    for (let round = 0; round < 20; round += 1) {
      const session = await client.open();
      const socket = await session.probe();
      socket.send('5');
      const { status } = await session.post('1');
      assert.ok([200, 400].includes(status), `status ${status}`);
      if (status === 200) await socket.closed();
      else await socket.assertEcho('it came too late');
    }
  });

  check('the sid of a session that has ended opens nothing on either transport', async (client) => {
    const session = await client.open();
    const socket = await session.upgrade();
    socket.send('1');
    await socket.assertClosed();
    // The client may hear of the end a moment before the server has forgotten the session.
    await session.gone();
    await session.assertGone();
    await client.refusedHandshake({ query: { sid: session.sid } });
  });

  check('a thousand sessions that upgrade and vanish: nothing is left behind', async (client, server) => {
    const before = [await openSockets(server), await residentBytes(server)];
    for (let round = 0; round < many(1000); round += 1) {
      const session = await client.open();
      const socket = await session.upgrade();
      if (round % 2) socket.stream.reset();
      else socket.stream.destroy();
    }
    await socketsBackTo(server, before[0]);
    await assertBounded(server, before[1]);
  });
});
