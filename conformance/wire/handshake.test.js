// Opening a session: the open packet, the session id, the checks before it.

import assert from 'node:assert/strict';

import { assertReply, assertType, isSpec } from '../lib/replies.js';
import { splitPackets } from '../lib/session.js';
import { suite } from '../lib/suite.js';

const FIELDS = ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades'];
const UNSUPPORTED_VERSIONS = {
  'is missing': 'transport=polling',
  'is empty': 'EIO=&transport=polling',
  'is 3': 'EIO=3&transport=polling',
  'is 999': 'EIO=999&transport=polling',
  'is not a number': 'EIO=abc&transport=polling',
  'has a leading zero': 'EIO=04&transport=polling',
  'is repeated': 'EIO=4&EIO=4&transport=polling',
  'is repeated with another value': 'EIO=4&EIO=3&transport=polling',
};

suite('handshake', { pingInterval: '1234ms', pingTimeout: '567ms', maxPayload: 123456 }, (check) => {
  check('open packet: fields, and the options exactly as given', async (client) => {
    const { open } = await client.open();
    assert.deepEqual(Object.keys(open).sort(), FIELDS);
    const { pingInterval, pingTimeout, maxPayload, upgrades } = open;
    assert.deepEqual(
      { pingInterval, pingTimeout, maxPayload },
      { pingInterval: 1234, pingTimeout: 567, maxPayload: 123456 },
    );
    assert.deepEqual(upgrades, ['websocket']);
  });

  check('open packet on a WebSocket: offers no upgrade', async (client) => {
    const { open } = await client.openSocket();
    assert.deepEqual(Object.keys(open).sort(), FIELDS);
    assert.deepEqual(open.upgrades, []);
    assert.equal(open.pingInterval, 1234);
  });

  check('headers of the reply', async (client) => {
    const { handshake } = await client.open();
    assertType(handshake, 'text/plain');
    assert.match(handshake.header('content-type'), /charset=utf-8/i);
    assert.equal(handshake.header('content-length'), String(handshake.body.length));
    assert.equal(handshake.header('cache-control'), 'no-store');
    assert.equal(handshake.header('set-cookie'), undefined);
    assert.equal(handshake.header('access-control-allow-origin'), undefined);
  });

  check('path without the trailing slash is the same endpoint', async (client) => {
    const session = await client.open({ path: '/engine.io' });
    await session.assertEcho('through the other spelling');
  });

  for (const path of [
    '/engine.iofoo',
    '/engine.io/foo',
    '/engine.io//',
    '/ENGINE.IO/',
    '/foo/engine.io/',
    '/engine.i',
  ]) {
    check(`path is never a prefix: ${path}`, async (client) => {
      const response = await client.request({ path });
      assert.equal(response.status, 404);
    });
  }

  for (const [how, query] of Object.entries(UNSUPPORTED_VERSIONS)) {
    check(`EIO ${how}`, async (client) => {
      assertReply(await client.request({ query }), 'protocol version');
    });

    check(`EIO ${how}, on a WebSocket: refused before the 101`, async (client) => {
      const response = await client.refusedHandshake({ query: query.replace('polling', 'websocket') });
      assertReply(response, 'protocol version');
    });
  }

  check('EIO is not needed with a sid', async (client) => {
    const session = await client.open();
    const query = { transport: 'polling', sid: session.sid };
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'post accepted');
    assert.equal((await client.request({ query })).text, '4a');
  });

  check('EIO must be 4 wherever it is given', async (client) => {
    const session = await client.open();
    const query = { ...session.query, EIO: 3 };
    assertReply(await client.request({ query }), 'protocol version');
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'protocol version');
    assertReply(
      await client.refusedHandshake({ query: { ...query, transport: 'websocket' } }),
      'protocol version',
    );
    await session.assertEcho('untouched');
  });

  check('transport missing', async (client) => {
    assertReply(await client.request({ query: 'EIO=4' }), 'transport missing');
    assert.equal((await client.refusedHandshake({ query: 'EIO=4' })).status, 400);
  });

  for (const transport of ['abc', '', 'POLLING', 'webtransport', 'polling%00', 'polling%20']) {
    check(`transport unknown: "${transport}"`, async (client) => {
      const query = `EIO=4&transport=${transport}`;
      assertReply(await client.request({ query }), 'transport unknown');
      assertReply(await client.refusedHandshake({ query }), 'transport unknown');
    });
  }

  check('transport websocket without an upgrade request', async (client) => {
    assertReply(await client.request({ query: 'EIO=4&transport=websocket' }), 'bad request');
  });

  check('transport polling with an upgrade request', async (client) => {
    const response = await client.refusedHandshake({ query: 'EIO=4&transport=polling' });
    if (isSpec) assertReply(response, 'bad request');
  });

  check('another upgrade than to WebSocket is ignored on polling', async (client) => {
    const headers = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'h2c'],
    ];
    const session = await client.open({ headers });
    await session.assertEcho('hello');
  });

  check('transport repeated', async (client) => {
    const query = 'EIO=4&transport=polling&transport=polling';
    assertReply(await client.request({ query }), 'transport repeated');
  });

  check('sid unknown: never creates a session, on any kind of request', async (client) => {
    const query = { EIO: 4, transport: 'polling', sid: 'nobody' };
    assertReply(await client.request({ query }), 'sid unknown', query);
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'sid unknown', query);
    assertReply(await client.refusedHandshake({ query: { sid: 'nobody' } }), 'sid unknown', query);
    // The session is looked up before anything that depends on its state.
    const notUpgrading = { ...query, transport: 'websocket' };
    assertReply(await client.request({ query: notUpgrading }), 'sid unknown', query);
  });

  check('sid repeated', async (client) => {
    const session = await client.open();
    const query = `EIO=4&transport=polling&sid=${session.sid}&sid=${session.sid}`;
    assertReply(await client.request({ query }), 'bad request');
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'bad request');
    await session.assertEcho('untouched');
  });

  check('sid empty: none was given', async (client) => {
    const { sid } = await client.open({ query: { sid: '' } });
    assert.ok(sid);
    assertReply(await client.request({ method: 'POST', query: { EIO: 4, transport: 'polling', sid: '' }, body: '4a' }), 'post without sid');
  });

  check('query is percent-decoded, names and values', async (client) => {
    const { sid } = await client.open({ query: {}, target: '/engine.io/?%45IO=%34&transport=%70olling' });
    const encoded = Buffer.from(sid).toString('hex').replace(/../g, '%$&');
    const query = `EIO=4&transport=polling&%73id=${encoded}`;
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'post accepted');
  });

  check('query: a malformed escape is taken literally', async (client) => {
    assertReply(await client.request({ query: 'EIO=4&transport=polling%' }), 'transport unknown');
    assertReply(await client.request({ query: 'EIO=4&transport=%zzpolling' }), 'transport unknown');
    const response = await client.request({ query: 'EIO=4&transport=polling&t=%zz%4&u=%' });
    assert.equal(response.status, 200);
  });

  check('query: unknown names are ignored', async (client) => {
    const response = await client.request({ query: 'a&=b&&EIO=4&__proto__=1&transport=polling&constructor' });
    assert.equal(response.status, 200);
  });

  for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
    check(`method ${method}, without and with a sid`, async (client) => {
      const refused = await client.request({ method });
      assertReply(refused, 'method unknown');
      if (isSpec) assert.deepEqual(refused.list('allow'), ['get', 'post', 'options']);
      const session = await client.open();
      assertReply(await session.get({ method }), 'method unknown');
      await session.assertEcho('untouched');
    });
  }

  check('method HEAD opens no session and has no body', async (client) => {
    const response = await client.request({ method: 'HEAD' });
    assert.equal(response.status, isSpec ? 400 : 405);
    assert.equal(response.body.length, 0);
  });

  check('POST to a WebSocket: 400, the session is untouched', async (client) => {
    const session = await client.open();
    const query = { ...session.query, transport: 'websocket' };
    const response = await client.request({ method: 'POST', query, body: '4a' });
    if (isSpec) assertReply(response, 'bad request');
    await session.assertEcho('untouched');
  });

  check('error replies are not stored, and not sniffed', async (client) => {
    const response = await client.request({ query: 'EIO=3&transport=polling' });
    assert.equal(response.header('cache-control'), 'no-store');
    assert.equal(response.header('x-content-type-options'), 'nosniff');
  });

  check('POST without a sid', async (client) => {
    assertReply(await client.request({ method: 'POST', body: '4a' }), 'post without sid');
  });

  check('JSONP', async (client) => {
    assertReply(await client.request({ query: 'EIO=4&transport=polling&j=0' }), 'jsonp');
  });
});

suite('handshake: connect handler', { mode: 'commands' }, (check) => {
  check('rejects with its status and message', async (client) => {
    const query = { EIO: 4, transport: 'polling', reject: 418 };
    assertReply(await client.request({ query }), 'rejected', { status: 418 });
  });

  check('rejects with 403 unless it says otherwise', async (client) => {
    assertReply(await client.request({ query: 'EIO=4&transport=polling&reject=' }), 'rejected', { status: 403 });
  });

  check('rejects a WebSocket before the 101', async (client) => {
    const response = await client.refusedHandshake({ query: { reject: 429 } });
    assertReply(response, 'rejected', { status: 429 });
  });

  check('is asked at the handshake only', async (client) => {
    const session = await client.open();
    const query = { ...session.query, reject: 403 };
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'post accepted');
  });
});

suite('handshake: what the connect handler sends', { mode: 'commands' }, (check) => {
  check('polling: is in the reply, behind the open packet', async (client) => {
    const response = await client.request({ query: { EIO: 4, transport: 'polling', greet: 'welcome' } });
    const [open, ...rest] = splitPackets(response.text);
    assert.match(open, /^0\{/);
    assert.deepEqual(rest, ['4welcome']);
  });

  check('websocket: follows the open packet', async (client) => {
    const socket = await client.openSocket({ query: { greet: 'welcome' } });
    assert.equal(await socket.next(), '4welcome');
  });
});

suite('transports: polling only', { transports: 'polling' }, (check) => {
  check('offers no upgrade', async (client) => {
    const { open } = await client.open();
    assert.deepEqual(open.upgrades, []);
  });

  check('does not know websocket, with or without a sid', async (client) => {
    assertReply(await client.refusedHandshake(), 'transport unknown');
    const session = await client.open();
    assertReply(await client.refusedHandshake({ query: { sid: session.sid } }), 'transport unknown');
    await session.assertEcho('untouched');
  });
});

suite('transports: websocket only', { transports: 'websocket' }, (check) => {
  check('does not know polling', async (client) => {
    assertReply(await client.request(), 'transport unknown');
  });

  check('carries messages', async (client) => {
    const socket = await client.openSocket();
    await socket.assertEcho('hello');
  });
});
