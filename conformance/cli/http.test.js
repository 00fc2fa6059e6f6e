// `engineio serve` as an HTTP server: requests that want to be taken for something else, and connections that cost.

import assert from 'node:assert/strict';

import { formatFrame, Opcode } from '../lib/frame.js';
import { formatChunk, readResponse } from '../lib/http.js';
import { assertReply } from '../lib/replies.js';
import { assertBounded, connectionQueueLimit, openSockets, residentBytes, socketsBackTo } from '../lib/resources.js';
import { HANDSHAKE_HEADERS } from '../lib/websocket.js';
import { suite } from '../lib/suite.js';

const MEBIBYTE = 1024 * 1024;
const CHUNKED = [['Transfer-Encoding', 'chunked']];

/** Ways to say how long a body is that two readers could understand differently. */
const LENGTHS_IN_DOUBT = {
  'chunked, then identity': [['Transfer-Encoding', 'chunked, identity']],
  'identity, then chunked': [['Transfer-Encoding', 'identity, chunked']],
  'chunked twice': [
    ['Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'chunked'],
  ],
  'chunked by another name': [['Transfer-Encoding', 'xchunked']],
  'chunked in quotes': [['Transfer-Encoding', '"chunked"']],
  'chunked behind a vertical tab': [['Transfer-Encoding', '\x0bchunked']],
  'chunked with a space before the colon': [['Transfer-Encoding ', 'chunked']],
  'chunked on a continued line': [['Transfer-Encoding', '\r\n chunked']],
  'a length next to chunked, in another order': [
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '5'],
  ],
  'a list of lengths': [['Content-Length', '5, 5']],
  'a hexadecimal length': [['Content-Length', '0x5']],
  'a length with a comment': [['Content-Length', '5 (five)']],
  'an empty length': [['Content-Length', '']],
  'two lengths': [
    ['Content-Length', '5'],
    ['Content-Length', '57'],
  ],
};

const BAD_CHUNKS = {
  'a size above 2^64': 'fffffffffffffffff\r\n4a\r\n0\r\n\r\n',
  'a negative size': '-2\r\n4a\r\n0\r\n\r\n',
  'a size with a prefix': '0x2\r\n4a\r\n0\r\n\r\n',
  'no size': '\r\n4a\r\n0\r\n\r\n',
  'a size that is too small': '1\r\n4a\r\n0\r\n\r\n',
  'line feeds only': '2\n4a\n0\n\n',
  'an extension of a megabyte': `2;${'x'.repeat(MEBIBYTE)}\r\n4a\r\n0\r\n\r\n`,
  'a trailer of a megabyte': `2\r\n4a\r\n0\r\nX: ${'x'.repeat(MEBIBYTE)}\r\n\r\n`,
};

const BAD_FIELDS = {
  'no name': ': value',
  'a name with a delimiter': 'X(Y): value',
  'a name above ASCII': 'X\xe9: value',
  'a name with a NUL': 'X\x00Y: value',
  'a tab in a name': 'X\tY: value',
  'a carriage return in a value': 'X: a\rHost: other',
  'a space before the first field': ' X: value',
};

const TARGETS = {
  'an escaped path': '/%65ngine.io/',
  'a path with a parameter': '/engine.io/;a=b',
  'a path with two slashes': '//engine.io/',
  'a path with a dot': '/./engine.io/',
  'a path that goes up': '/x/../engine.io/',
  'a path behind a NUL': '/engine.io/%00',
  'a path with a backslash': '/engine.io\\',
  'no path': '*',
};

suite('HTTP: requests', { mode: 'commands' }, (check) => {
  for (const [what, headers] of Object.entries(LENGTHS_IN_DOUBT)) {
    check(`${what}: no second request is found in the body`, async (client) => {
      const session = await client.open();
      const hidden = client.format({ method: 'POST', query: session.query, body: '4hidden' });
      const connection = await client.connect();
      const body = Buffer.concat([Buffer.from('0\r\n\r\n'), hidden]);
      connection.write(client.format({ method: 'POST', query: session.query, headers, body }));
      const { status } = await readResponse(connection).catch(() => ({ status: 'closed' }));
      assert.ok([400, 411, 501, 'closed'].includes(status), `status ${status}`);
      assert.equal((await connection.readToEnd()).toString().match(/HTTP/g), null, 'one answer');
      await assertNothingCame(client, session);
    });
  }

  for (const [what, body] of Object.entries(BAD_CHUNKS)) {
    check(`a chunked body with ${what}: not taken, nothing left behind`, async (client, server) => {
      const before = [await residentBytes(server), await openSockets(server)];
      const session = await client.open();
      const connection = await client.connect();
      connection.write(client.format({ method: 'POST', query: session.query, headers: CHUNKED, body }));
      const { status } = await readResponse(connection).catch(() => ({ status: 'closed' }));
      assert.ok(status === 'closed' || status >= 400, `status ${status}`);
      connection.destroy();
      await assertBounded(server, before[0]);
      await socketsBackTo(server, before[1]);
    });
  }

  check('a body of 200 000 chunks of one byte: one message', async (client) => {
    const session = await client.open();
    const text = 'x'.repeat(200_000);
    const body = Buffer.concat([...`4${text}`].map(formatChunk).concat(formatChunk('')));
    assertReply(await session.post(body, { headers: CHUNKED }), 'post accepted');
    assert.deepEqual(await session.take(1), [`4${text}`]);
  });

  for (const [what, line] of Object.entries(BAD_FIELDS)) {
    check(`a header field with ${what}: refused`, async (client) => {
      const connection = await client.connect();
      const head = `GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\n${line}\r\nHost: a\r\n\r\n`;
      connection.write(Buffer.from(head, 'latin1'));
      const { status } = await readResponse(connection).catch(() => ({ status: 'closed' }));
      assert.ok(status === 'closed' || status === 400, `status ${status}`);
    });
  }

  for (const [what, path] of Object.entries(TARGETS)) {
    check(`${what}: another path, not the endpoint`, async (client) => {
      const target = path === '*' ? path : `${path}?EIO=4&transport=polling`;
      const { status } = await client.request({ target });
      assert.ok([400, 404].includes(status), `status ${status}`);
    });
  }

  check('a CONNECT to another host opens nothing', async (client) => {
    const response = await client.request({ method: 'CONNECT', target: '192.0.2.1:80' });
    assert.ok(response.status >= 400, `status ${response.status}`);
  });

  check('a sid is the same however it is escaped, once', async (client) => {
    const session = await client.open();
    const escaped = [...session.sid].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    const once = `EIO=4&transport=polling&sid=${escaped}`;
    assertReply(await client.request({ method: 'POST', query: once, body: '4once' }), 'post accepted');
    assert.deepEqual(await session.take(1), ['4once']);
    for (const sid of [escaped.replaceAll('%', '%25'), `${session.sid}%00`, `${session.sid}%20`, `%0a${session.sid}`]) {
      const query = `EIO=4&transport=polling&sid=${sid}`;
      assert.equal((await client.request({ method: 'POST', query, body: '4other' })).status, 400, sid);
    }
    await session.assertEcho('untouched');
  });

  check('a request in the body of a GET is no request', async (client) => {
    const session = await client.open();
    const hidden = client.format({ method: 'POST', query: session.query, body: '4hidden' });
    const connection = await client.connect();
    connection.write(client.format({ body: hidden }));
    assert.ok([200, 400].includes((await readResponse(connection)).status));
    connection.write(client.format({ target: '/healthz' }));
    const next = await readResponse(connection).catch(() => ({ status: 'closed' }));
    assert.ok(next.status === 'closed' || next.text.length < 20, next.text);
    await assertNothingCame(client, session);
  });

  check('a WebSocket handshake that announces a body: no 101, and no frame in the body', async (client) => {
    const session = await client.open();
    const probe = formatFrame({ opcode: Opcode.TEXT, payload: '2probe' });
    for (const headers of [[['Content-Length', probe.length]], CHUNKED]) {
      for (const query of [{}, { sid: session.sid }]) {
        await client.refusedHandshake({ headers, query, trailing: probe });
      }
    }
    assert.equal((await client.handshake({ headers: [['Content-Length', 0]] })).response.status, 101);
    await session.assertEcho('untouched');
  });

  check('a WebSocket handshake in HTTP/1.0: no 101', async (client, { authority }) => {
    const connection = await client.connect();
    const fields = [['Host', authority], ...HANDSHAKE_HEADERS].map(([name, value]) => `${name}: ${value}\r\n`);
    connection.write(`GET /engine.io/?EIO=4&transport=websocket HTTP/1.0\r\n${fields.join('')}\r\n`);
    const line = (await connection.readThrough('\r\n')).toString();
    assert.match(line, /^HTTP\/1\.[01] 4\d\d /);
  });

  check('a session cannot be upgraded with a POST or OPTIONS', async (client) => {
    const session = await client.open();
    for (const method of ['POST', 'OPTIONS', 'PUT']) {
      await client.refusedHandshake({ method, query: { sid: session.sid } });
    }
    await session.assertEcho('untouched');
  });

  check('two Origins, one of them good: refused', async (client, { origin }) => {
    for (const origins of [[origin, 'http://evil.example'], ['http://evil.example', origin], [origin, origin]]) {
      const headers = origins.map((value) => ['Origin', value]);
      assert.ok([400, 403].includes((await client.request({ headers })).status));
      assert.ok([400, 403].includes((await client.refusedHandshake({ headers })).status));
    }
  });

  check('a client that asks for leave to send gets none where its request is wrong', async (client) => {
    const headers = [['Content-Length', 10], ['Expect', '100-continue']];
    const connection = await client.connect();
    connection.write(client.format({ method: 'POST', query: { EIO: 4, transport: 'polling', sid: 'x' }, headers }));
    assert.match((await connection.readThrough('\r\n')).toString(), /^HTTP\/1\.1 4\d\d /);
  });

  check('an Accept-Encoding of 1000 codings', async (client) => {
    const codings = Array.from({ length: 1000 }, (_, index) => `x${index};q=0.${index}`);
    assert.equal((await client.request({ headers: [['Accept-Encoding', codings.join()]] })).status, 200);
  });
});

/** Asserts that nothing was delivered for a session that may have ended meanwhile. */
async function assertNothingCame(client, session) {
  const query = { ...session.query };
  const response = await client.request({ method: 'POST', query, body: '4marker' });
  if (response.status !== 200) return;
  assert.deepEqual(await session.take(1), ['4marker']);
}

suite('HTTP: connections', { mode: 'commands' }, (check) => {
  check('a thousand handshakes in one write: answered in order', async (client) => {
    const count = 1000;
    const connection = await client.connect();
    connection.write(Buffer.concat(Array.from({ length: count }, () => client.format({}))));
    const sids = new Set();
    for (let index = 0; index < count; index += 1) {
      const response = await readResponse(connection);
      assert.equal(response.status, 200);
      sids.add(JSON.parse(response.text.slice(1)).sid);
    }
    assert.equal(sids.size, count);
  });

  check('requests without end from a client that reads nothing: memory stays bounded', async (client, server) => {
    const before = await residentBytes(server);
    const connection = await client.connect();
    connection.socket.pause();
    const requests = Buffer.concat(Array.from({ length: 1000 }, () => client.format({ target: '/nothing' })));
    for (let round = 0; round < 50; round += 1) connection.write(requests);
    await (await client.openSocket()).assertEcho('others go on');
    await assertBounded(server, before);
  });

  check('a poll and a POST in one write: both are answered in the end', async (client) => {
    const session = await client.open();
    await session.send('4first');
    const connection = await client.connect();
    const post = client.format({ method: 'POST', query: session.query, body: '4second' });
    connection.write(Buffer.concat([client.format({ query: session.query }), post]));
    assert.equal((await readResponse(connection)).text, '4first');
    assert.equal((await readResponse(connection)).status, 200);
    assert.deepEqual(await session.take(1), ['4second']);
  });

  check('all clients at once, while the server cannot accept: none has to try again', async (client, server) => {
    const count = Math.min(500, await connectionQueueLimit());
    server.signal('SIGSTOP');
    const connecting = Promise.all(Array.from({ length: count }, () => client.connect()));
    const connections = await connecting.finally(() => server.signal('SIGCONT'));
    for (const connection of connections) connection.write(client.format({}));
    for (const connection of connections) assert.equal((await readResponse(connection)).status, 200);
  });

  check('hundreds of connections that say nothing or half a head: others go on, all are closed', async (client, server) => {
    const before = await openSockets(server);
    const halves = Array.from({ length: 500 }, async (_, index) => {
      const connection = await client.connect();
      if (index % 2) connection.write('GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost:');
      return connection;
    });
    const connections = await Promise.all(halves);
    await (await client.openSocket()).assertEcho('others go on');
    await Promise.all(connections.map((connection) => connection.ended));
    connections.forEach((connection) => connection.destroy());
    await socketsBackTo(server, before + 1);
  });

  check('a thousand WebSocket handshakes that are cut off in the 101', async (client, server) => {
    const before = await openSockets(server);
    const request = client.format({ query: { EIO: 4, transport: 'websocket' }, headers: HANDSHAKE_HEADERS });
    for (let round = 0; round < 1000; round += 1) {
      const connection = await client.connect();
      await connection.writeAll(request);
      if (round % 2) connection.reset();
      else connection.socket.end();
      if (round % 2 === 0) connection.ended.then(() => connection.destroy());
    }
    await socketsBackTo(server, before);
  });

  check('a client that ends its side while it polls: its session ends', async (client) => {
    const session = await client.open();
    const { connection } = await session.startPoll();
    connection.socket.end();
    await session.gone();
  });
});
