// Published attacks that come over a WebSocket or its handshake.

import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';

import { Opcode, formatFrame } from '../lib/frame.js';
import { many } from '../lib/hosts.js';
import { assertBounded, openSockets, residentBytes, socketsBackTo, threadCount, threadsBackTo } from '../lib/resources.js';
import { suite } from '../lib/suite.js';
import { HANDSHAKE_HEADERS } from '../lib/websocket.js';

const MEBIBYTE = 1024 * 1024;
const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;

/** `count` copies of the same masked frame. */
function repeated(frame, count) {
  const bytes = formatFrame(frame);
  return Buffer.alloc(bytes.length * count, bytes);
}

suite('published attacks: WebSocket', { mode: 'commands' }, (check) => {
  check('CVE-2022-21676 garbage right behind a fresh handshake', async (client) => {
    const socket = await client.openWebSocket({ trailing: 'test' });
    const { code, messages } = await socket.assertClosed();
    assert.equal(code, 1002);
    assert.ok(messages.length <= 1, 'nothing but the open packet');
  });

  check('CVE-2022-21676 garbage right behind an upgrade: the session stays on polling', async (client) => {
    const session = await client.open();
    const query = { ...session.query, transport: 'websocket' };
    const socket = await client.openWebSocket({ query, trailing: 'test' });
    await socket.assertClosed(1002);
    await session.assertEcho('untouched');
    await (await session.upgrade()).assertEcho('upgraded');
  });

  check('CVE-2022-21676 a good frame right behind the handshake is not lost', async (client) => {
    const trailing = formatFrame({ opcode: TEXT, payload: '4early' });
    const socket = await client.openSocket({ trailing });
    assert.equal(await socket.next(), '4early');
  });

  check('CVE-2022-41940 a reset at every byte of a WebSocket handshake', async (client) => {
    const session = await client.open();
    const request = client.format({ query: { EIO: 4, transport: 'websocket' }, headers: HANDSHAKE_HEADERS });
    for (let length = 1; length <= request.length; length += 1) {
      const connection = await client.connect();
      await connection.writeAll(request.subarray(0, length));
      connection.reset();
    }
    await session.assertEcho('untouched');
  });

  check('CVE-2023-43669 a handshake with a huge number of header bytes', async (client) => {
    const headers = [['X-Huge', 'a'.repeat(MEBIBYTE)]];
    const { connection, response } = await client.start({ query: { EIO: 4, transport: 'websocket' }, headers });
    const status = await response.then(
      ({ status }) => status,
      () => 'closed',
    );
    assert.ok([400, 431, 'closed'].includes(status), `status ${status}`);
    connection.destroy();
  });

  check('CVE-2024-37890 more headers than there may be', async (client) => {
    const headers = Array.from({ length: 2000 }, (_, index) => [`X-${index}`, '']);
    assert.equal((await client.refusedHandshake({ headers })).status, 431);
  });

  for (const value of ['constructor', '__proto__', 'permessage-deflate; __proto__=1', 'a;b="', ',;,;=']) {
    check(`GHSA-5v72-xg48-5rpm Sec-WebSocket-Extensions: ${value}`, async (client) => {
      const headers = [['Sec-WebSocket-Extensions', value]];
      const { connection, response } = await client.handshake({ headers });
      assert.ok([101, 400].includes(response.status), `status ${response.status}`);
      assert.equal(response.header('sec-websocket-extensions'), undefined);
      connection.destroy();
    });
  }

  check('CVE-2021-32640 a long Sec-WebSocket-Protocol of spaces', async (client) => {
    const headers = [['Sec-WebSocket-Protocol', `b${' '.repeat(12_000)}x`]];
    const { connection, response } = await client.handshake({ headers });
    assert.ok([101, 400].includes(response.status), `status ${response.status}`);
    connection.destroy();
  });

  check('CVE-2016-10542 one huge message: refused on its header, memory stays bounded', async (client, server) => {
    const before = await residentBytes(server);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => client.openSocket()));
    for (const socket of sockets) socket.sendFrame({ opcode: BINARY, length: 1n << 40n });
    for (const socket of sockets) await socket.assertClosed(1009);
    await assertBounded(server, before);
  });

  check(
    'CVE-2016-10542 a length within the limit reserves nothing before the bytes come',
    async (client, server) => {
      const before = await residentBytes(server);
      const sockets = await Promise.all(Array.from({ length: 200 }, () => client.openSocket()));
      for (const socket of sockets) socket.sendFrame({ opcode: BINARY, length: 999_999 });
      await client.settle(sockets.at(-1).stream);
      await assertBounded(server, before);
    },
  );

  check('CVE-2026-48779 endless one-byte fragments: cut off, memory stays bounded', async (client, server) => {
    const before = await residentBytes(server);
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: TEXT, payload: '4', fin: false });
    await socket.stream.writeAll(repeated({ opcode: CONTINUATION, payload: 'a', fin: false }, many(1_000_000)));
    await socket.assertClosed();
    await assertBounded(server, before);
  });

  check('CVE-2026-48779 endless empty fragments: cut off', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: TEXT, payload: '4', fin: false });
    await socket.stream.writeAll(repeated({ opcode: CONTINUATION, fin: false }, many(1_000_000)));
    await socket.assertClosed();
  });

  check(
    'CVE-2016-10518, CVE-2026-45736 answers to ping and close hold nothing but what was sent',
    async (client) => {
      const socket = await client.openSocket();
      for (const payload of ['', '1', '200', 'x'.repeat(125)]) {
        socket.sendFrame({ opcode: PING, payload });
        const pong = await socket.nextFrame();
        assert.deepEqual([pong.opcode, pong.payload.toString()], [PONG, payload]);
      }
      socket.sendFrame({ opcode: CLOSE });
      const { opcode, payload } = await socket.nextFrame();
      assert.equal(opcode, CLOSE);
      assert.ok(payload.length === 0 || payload.length === 2, `${payload.length} bytes`);
    },
  );

  check('CVE-2026-48802 a million pong packets start nothing', async (client, server) => {
    const socket = await client.openSocket();
    await socket.assertEcho('before');
    const before = await threadCount(server);
    await socket.stream.writeAll(repeated({ opcode: TEXT, payload: '3' }, many(1_000_000)));
    await socket.assertEcho('untouched');
    await threadsBackTo(server, before);
  });

  check('compression bomb: a deflated frame is refused, since compression was not negotiated', async (client) => {
    const headers = [['Sec-WebSocket-Extensions', 'permessage-deflate']];
    const socket = await client.openSocket({ headers });
    assert.equal(socket.response.header('sec-websocket-extensions'), undefined);
    const payload = deflateRawSync(Buffer.alloc(100 * MEBIBYTE));
    socket.sendFrame({ opcode: BINARY, payload, rsv: 4 });
    await socket.assertClosed(1002);
  });
});

const IMPATIENT = { upgradeTimeout: '2s', pingInterval: '2s', pingTimeout: '1s' };

suite('published attacks: upgrades that never finish', IMPATIENT, (check) => {
  check('engineioxide 0.17.4: sessions and sockets are freed', async (client, server) => {
    const before = await openSockets(server);
    const sockets = await Promise.all(Array.from({ length: 100 }, (_, index) => unfinished(client, index)));
    await Promise.all(sockets.map((socket) => socket.assertClosed()));
    for (const socket of sockets) socket.stream.destroy();
    await socketsBackTo(server, before);
  });
});

async function unfinished(client, index) {
  const session = await client.open();
  return index % 2 ? session.probe() : session.openProbe();
}
