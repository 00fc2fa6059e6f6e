// The abuse matrix: peers that stop, drip, repeat, or speak nonsense. Slow drips are in wire/deadlines.

import assert from 'node:assert/strict';

import { formatFrame, Opcode } from '../lib/frame.js';
import { many } from '../lib/hosts.js';
import { readResponse } from '../lib/http.js';
import { assertReply } from '../lib/replies.js';
import { assertBounded, openSockets, residentBytes, socketsBackTo } from '../lib/resources.js';
import { suite } from '../lib/suite.js';

const IMPATIENT = { mode: 'commands', pingInterval: '1s', pingTimeout: '1s', upgradeTimeout: '1s' };
const STORM = many(10_000);
const STORM_CONNECTIONS = 20;

const BAD_LENGTHS = {
  'a negative Content-Length': [['Content-Length', '-1']],
  'a Content-Length that is no number': [['Content-Length', 'ten']],
  'a Content-Length with a sign': [['Content-Length', '+2']],
  'a Content-Length above 2^64': [['Content-Length', '99999999999999999999999']],
  'two Content-Lengths that differ': [
    ['Content-Length', '2'],
    ['Content-Length', '3'],
  ],
  'an unknown Transfer-Encoding': [['Transfer-Encoding', 'unknown']],
};

const BAD_HEADS = {
  'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  'an HTTP/2 preface cut short': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGARBAGE GARBAGE GARBAGE',
  'a header without a colon': 'GET / HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n',
  'a header name with a space': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
  'a NUL in a header': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n',
  'a bare line feed in a chunk size':
    'POST /engine.io/?EIO=4&transport=polling&sid=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\n\n',
};

const ODD_SIDS = {
  '64 KB': 'a'.repeat(65_536),
  'raw bytes above ASCII': '\xff\xfe',
  'escaped bytes that are no UTF-8': '%ff%fe',
  'a NUL': '%00',
  'a line end': '%0d%0aSet-Cookie:%20a=b',
  'a path': '../../etc/passwd',
};

/** Asserts that the server refused what was written: a 4xx and nothing else, or the end of the connection. */
async function assertNotUnderstood(reply) {
  const status = await reply.then(
    (response) => response.status,
    () => 'closed',
  );
  assert.ok(status === 'closed' || (status >= 400 && status < 600), `status ${status}`);
}

suite('abuse: sessions and sockets that are left alone', IMPATIENT, (check) => {
  check('no first poll after open: the session ends', async (client) => {
    await (await client.open()).gone();
  });

  check('a poll whose response is never read: the session ends, others go on', async (client) => {
    const session = await client.open();
    await session.send('4send 900000');
    const connection = await client.connect();
    connection.socket.pause();
    connection.write(client.format({ query: session.query }));
    await session.gone();
  });

  check('a WebSocket that never sends a frame: closed', async (client) => {
    await (await client.openSocket()).assertClosed();
  });

  check('a probing WebSocket that never sends a frame: closed, the session ends by itself', async (client) => {
    const session = await client.open();
    await (await session.openProbe()).assertClosed();
    await session.gone();
  });

  check('a hundred of each: no socket stays open', async (client, server) => {
    const before = await openSockets(server);
    const abandoned = await Promise.all(Array.from({ length: 100 }, () => abandonOneOfEach(client)));
    await Promise.all(abandoned.flat().map((socket) => socket.closed()));
    client.dispose();
    await socketsBackTo(server, before);
  });
});

async function abandonOneOfEach(client) {
  const session = await client.open();
  const probing = await session.probe();
  await client.start({ query: session.query });
  return [probing, await client.openSocket()];
}

suite('abuse: requests', { mode: 'commands' }, (check) => {
  for (const [what, headers] of Object.entries(BAD_LENGTHS)) {
    check(`${what}: refused, nothing delivered`, async (client) => {
      const session = await client.open();
      const { response } = await client.start({ method: 'POST', query: session.query, headers, body: '4a' });
      await assertNotUnderstood(response);
    });
  }

  check('Content-Length together with Transfer-Encoding smuggles nothing', async (client) => {
    const session = await client.open();
    const smuggled = client.format({ method: 'POST', query: session.query, body: '4smuggled' });
    const body = Buffer.concat([Buffer.from('2\r\n4a\r\n0\r\n\r\n'), smuggled]);
    const headers = [
      ['Content-Length', body.length],
      ['Transfer-Encoding', 'chunked'],
    ];
    const connection = await client.connect();
    connection.write(client.format({ method: 'POST', query: session.query, headers, body }));
    const { status } = await readResponse(connection);
    if (status === 400) return;
    // The length was ignored, as RFC 9112 6.1 allows; then the connection must end behind this response.
    assert.equal(status, 200);
    assert.equal((await connection.readToEnd()).length, 0);
    assert.deepEqual(await session.take(1), ['4a']);
  });

  for (const [what, bytes] of Object.entries(BAD_HEADS)) {
    check(`${what}: refused`, async (client) => {
      const connection = await client.connect();
      connection.write(Buffer.from(bytes, 'latin1'));
      await assertNotUnderstood(readResponse(connection));
    });
  }

  for (const [what, sid] of Object.entries(ODD_SIDS)) {
    check(`a sid of ${what}: refused on every kind of request`, async (client) => {
      const query = `EIO=4&transport=polling&sid=${sid}`;
      const socket = query.replace('polling', 'websocket');
      for (const request of [{ query }, { query, method: 'POST', body: '4a' }]) {
        await assertRefused(await client.request(request));
      }
      await assertRefused(await client.refusedHandshake({ query: socket }));
    });
  }

  check('the sid of another session: a second poll or WebSocket gets nothing of it', async (client) => {
    const victim = await client.openSocket();
    const query = { EIO: 4, transport: 'polling', sid: victim.open.sid };
    assertReply(await client.request({ query }), 'bad request');
    const intruder = await client.openWebSocket({ query: { sid: victim.open.sid } });
    victim.send('4secret');
    assert.deepEqual((await intruder.assertClosed()).messages, []);
    assert.equal(await victim.next(), '4secret');
  });

  check('two upgrades at once, many times over: exactly one wins', async (client) => {
    for (let round = 0; round < 20; round += 1) {
      const session = await client.open();
      const pair = await Promise.all([session.openProbe(), session.openProbe()]);
      for (const socket of pair) socket.send('2probe');
      const [first, second] = await Promise.all(pair.map((socket) => socket.next().catch(() => 'closed')));
      assert.deepEqual([first, second].sort(), ['3probe', 'closed']);
      const winner = pair[first === '3probe' ? 0 : 1];
      winner.send('5');
      await winner.assertEcho('hello');
    }
  });

  check('a thousand duplicate query keys', async (client) => {
    const query = `EIO=4&transport=polling${'&t=1'.repeat(1000)}`;
    assert.equal((await client.request({ query })).status, 200);
  });
});

async function assertRefused(response) {
  assert.ok([400, 414, 431].includes(response.status), `status ${response.status}`);
  assert.equal(response.header('set-cookie'), undefined);
}

suite('abuse: WebSocket floods', { mode: 'commands' }, (check) => {
  check(
    'a million WebSocket pings from a client that reads nothing: memory stays bounded',
    async (client, server) => {
      const [flooder, other] = [await client.openSocket(), await client.openSocket()];
      const before = await residentBytes(server);
      flooder.stream.socket.pause();
      const ping = formatFrame({ opcode: Opcode.PING, payload: 'x'.repeat(125) });
      const flood = Buffer.alloc(ping.length * 10_000, ping);
      for (let round = 0; round < 100; round += 1) {
        flooder.stream.write(flood);
        await other.assertEcho('others go on');
      }
      await assertBounded(server, before);
    },
  );

  check('a million Engine.IO pings on polling: the first one ends the session', async (client) => {
    const session = await client.open();
    const response = await session.post(Array.from({ length: 400_000 }, () => '2').join('\x1e'));
    assertReply(response, 'ping from a client');
  });

  check('a burst of everything a client may send, split at odd places', async (client) => {
    const socket = await client.openSocket();
    const frames = Array.from({ length: 2000 }, (_, index) =>
      formatFrame(index % 2 ? { opcode: Opcode.TEXT, payload: `4${index}` } : { opcode: Opcode.PONG }),
    );
    const bytes = Buffer.concat(frames);
    for (let start = 0; start < bytes.length; start += 997)
      socket.stream.write(bytes.subarray(start, start + 997));
    const expected = Array.from({ length: 1000 }, (_, index) => `4${2 * index + 1}`);
    assert.deepEqual(await socket.take(1000), expected);
  });
});

suite('abuse: a reconnect storm', { ...IMPATIENT, mode: 'echo' }, (check) => {
  check('thousands of handshakes that are abandoned: memory stays bounded, others go on', async (client, server) => {
    const before = await residentBytes(server);
    await Promise.all(Array.from({ length: STORM_CONNECTIONS }, () => storm(client)));
    await (await client.open()).assertEcho('still served');
    await assertBounded(server, before);
  });

  check('500 WebSockets opened and reset', async (client, server) => {
    const before = await openSockets(server);
    for (let round = 0; round < 500; round += 1) (await client.openSocket()).stream.reset();
    await socketsBackTo(server, before);
  });
});

async function storm(client) {
  const statuses = await client.repeat(STORM / STORM_CONNECTIONS, {}, ({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([200]));
}
