// Whom a request is for: the `Host` field (RFC 9112, section 3.2).

import assert from 'node:assert/strict';

import { readResponse } from '../lib/http.js';
import { assertReply } from '../lib/replies.js';
import { HANDSHAKE_HEADERS } from '../lib/websocket.js';
import { suite } from '../lib/suite.js';

const OPEN = '/engine.io/?EIO=4&transport=polling';

/** Several fields, of which a proxy and a server could each choose another one. */
const REPEATED = {
  'the same twice': (own) => [own, own],
  'another one behind it': (own) => [own, 'other.example'],
  'another one before it': (own) => ['other.example', own],
  'three of them': (own) => [own, own, own],
};

const INVALID = {
  'a space in it': 'a b',
  'a list': 'a.example, b.example',
  'a list without a space': 'a.example,b.example',
  'a user': 'user@a.example',
  'a URL': 'http://a.example',
  'a path': 'a.example/',
  'a port that is no number': 'a.example:port',
  'two ports': 'a.example:1:2',
  'half an address': '[::1',
  'quotes': '"a.example"',
};

const VALID = ['a.example', 'A.Example:80', '127.0.0.1', '[::1]:3000', 'with_underscore', 'xn--bcher-kva.example.'];

const hosts = (values) => values.map((value) => ['Host', value]);

/** Sends a head as it is given on a connection of its own, which the server then ends; resolves with the connection. */
async function ask(client, line, headers) {
  const connection = await client.connect();
  const lines = [...headers, ['Connection', 'close']].map(([name, value]) => `${name}: ${value}`);
  connection.write([line, ...lines, '', ''].join('\r\n'));
  return connection;
}

suite('host', {}, (check) => {
  for (const [how, values] of Object.entries(REPEATED)) {
    check(`repeated, ${how}: 400 on every kind of request`, async (client, { authority }) => {
      await assertRefused(client, hosts(values(authority)));
    });

    check(`repeated, ${how}: no page counts as our own`, async (client, { authority, origin }) => {
      const headers = [...hosts(values(authority)), ['Origin', origin]];
      assert.equal((await client.request({ headers })).status, 400);
      assert.equal((await client.refusedHandshake({ headers })).status, 400);
    });
  }

  for (const [what, value] of Object.entries(INVALID)) {
    check(`${what}: 400 on every kind of request`, async (client) => {
      await assertRefused(client, hosts([value]));
    });
  }

  check('names and addresses are accepted, with and without a port', async (client) => {
    for (const value of VALID) {
      assert.equal((await client.request({ headers: hosts([value]) })).status, 200, value);
    }
  });

  check('missing in HTTP/1.1: 400', async (client) => {
    assertReply(await readResponse(await ask(client, `GET ${OPEN} HTTP/1.1`, [])), 'bad request');
    const socket = OPEN.replace('polling', 'websocket');
    const handshake = HANDSHAKE_HEADERS.filter(([name]) => name !== 'Connection');
    const connection = await ask(client, `GET ${socket} HTTP/1.1`, [...handshake, ['Connection', 'Upgrade']]);
    assert.equal((await readResponse(connection)).status, 400);
  });

  check('empty in HTTP/1.1: 400', async (client) => {
    assertReply(await readResponse(await ask(client, `GET ${OPEN} HTTP/1.1`, [['Host', '']])), 'bad request');
  });

  check('missing in HTTP/1.0, which has none: a session', async (client) => {
    const said = await (await ask(client, `GET ${OPEN} HTTP/1.0`, [])).readToEnd();
    assert.match(said.toString(), /^HTTP\/1\.[01] 200 [^]*\r\n\r\n0\{.*\}$/);
  });

  check('a target in absolute form: its host counts, not the field', async (client, { authority, origin }) => {
    const target = `http://${authority}${OPEN}`;
    const elsewhere = [...hosts(['other.example']), ['Origin', origin]];
    assert.equal((await client.request({ target })).status, 200);
    assert.equal((await client.request({ target, headers: elsewhere })).status, 200);
    const forged = [...hosts([authority]), ['Origin', origin]];
    const foreign = `http://other.example${OPEN}`;
    assertReply(await client.request({ target: foreign, headers: forged }), 'origin foreign');
  });
});

/** Asserts that no kind of request with these fields is served, and that an open session does not suffer. */
async function assertRefused(client, headers) {
  const session = await client.open();
  assertReply(await client.request({ headers }), 'bad request');
  assertReply(await session.get({ headers }), 'bad request');
  assertReply(await session.post('4forged', { headers }), 'bad request');
  assert.equal((await client.refusedHandshake({ headers })).status, 400);
  await session.assertEcho('untouched');
}
