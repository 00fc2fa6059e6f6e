// The session cookie: off by default, the same on both transports, never a way to inject an attribute.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Server } from '../lib/server.js';
import { suite } from '../lib/suite.js';

const INJECTIONS = ['a;Domain=evil.example', 'a,b', 'a\r\nSet-Cookie: b', 'a\x7f'];

suite('cookie: off by default', {}, (check) => {
  check('no Set-Cookie on either transport', async (client) => {
    const session = await client.open();
    assert.equal(session.handshake.header('set-cookie'), undefined);
    const socket = await client.openSocket();
    assert.equal(socket.response.header('set-cookie'), undefined);
  });
});

suite('cookie: on', { cookie: 'io' }, (check) => {
  check('on the polling handshake, and on nothing else', async (client) => {
    const session = await client.open();
    const [pair, ...attributes] = session.handshake.header('set-cookie').split(/;\s*/);
    assert.equal(pair, `io=${session.sid}`);
    assert.ok(attributes.map((attribute) => attribute.toLowerCase()).includes('samesite=lax'), String(attributes));
    const response = await session.post('4a');
    assert.equal(response.header('set-cookie'), undefined);
    assert.equal((await session.get()).header('set-cookie'), undefined);
  });

  check('on the 101', async (client) => {
    const socket = await client.openSocket();
    assert.ok(socket.response.header('set-cookie').startsWith(`io=${socket.open.sid};`));
  });

  check('what a client sends in it decides nothing', async (client) => {
    const session = await client.open();
    const other = await client.open({ headers: [['Cookie', `io=${session.sid}`]] });
    assert.notEqual(other.sid, session.sid);
  });
});

describe('cookie: its attributes are checked at start-up (GHSA-pxg6-pf52-xh8x)', () => {
  for (const name of INJECTIONS) {
    it(`refused: ${JSON.stringify(name)}`, async () => {
      const started = Server.start({ cookie: name }).then((server) => server.stop());
      await assert.rejects(started, /ended before it listened \(exit [1-9]/);
    });
  }
});
