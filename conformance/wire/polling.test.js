// Long-polling: what a GET and a POST answer, and what happens when they overlap or are aborted.

import assert from 'node:assert/strict';

import { formatChunk, readResponse } from '../lib/http.js';
import { assertReply, assertType, isSpec } from '../lib/replies.js';
import { joinPackets, splitPackets } from '../lib/session.js';
import { suite } from '../lib/suite.js';

suite('polling', { mode: 'commands' }, (check) => {
  check('POST accepted', async (client) => {
    const session = await client.open();
    const response = await session.post('4a');
    assertReply(response, 'post accepted');
    assert.equal(response.header('content-length'), '2');
    assert.equal(response.header('cache-control'), 'no-store');
  });

  check('GET: headers of a poll response', async (client) => {
    const session = await client.open();
    await session.send('4häé€');
    const response = await session.get();
    assertType(response, 'text/plain');
    assert.equal(response.header('cache-control'), 'no-store');
    assert.equal(response.header('content-length'), String(response.body.length));
    assert.equal(response.text, '4häé€');
  });

  check('GET waits until there is a packet', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    await session.send('4late');
    assert.equal((await poll.response).text, '4late');
  });

  check('text and binary packets keep their order', async (client) => {
    const session = await client.open();
    const packets = ['4text', 'bAQIDBA==', '4', 'b', '4{"json":true}', 'b4AAA', '4\u{1f980}'];
    await session.send(...packets);
    assert.deepEqual(await session.take(packets.length), packets);
  });

  check('a POST without Content-Length (chunked) is read like any other', async (client) => {
    const session = await client.open();
    const body = Buffer.concat(['4a', '\x1e4', 'b', ''].map(formatChunk));
    assertReply(await session.post(body, { headers: [['Transfer-Encoding', 'chunked']] }), 'post accepted');
    assert.deepEqual(await session.take(2), ['4a', '4b']);
  });

  check('the media type of a POST does not matter, but for binary', async (client) => {
    const session = await client.open();
    for (const type of ['text/plain;charset=UTF-8', 'application/json', 'application/x-www-form-urlencoded']) {
      assertReply(await session.post('4a', { headers: [['Content-Type', type]] }), 'post accepted');
    }
    assert.deepEqual(await session.take(3), ['4a', '4a', '4a']);
  });

  check('application/octet-stream: 400, response ended, session closed', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    const response = await session.post('4a', { headers: [['Content-Type', 'application/octet-stream']] });
    assertReply(response, 'bad request');
    assert.equal((await poll.response).text, '1');
    await session.assertGone();
  });

  check('second GET while one waits: `1` for the first, 400 for the second, session closed', async (client) => {
    const session = await client.open();
    const first = await session.startPoll();
    const second = await session.get();
    assert.equal(second.status, 400);
    assert.equal((await first.response).status, 200);
    assert.equal((await first.response).text, '1');
    await session.assertGone();
  });

  check('second POST while one runs: 400, session closed', async (client) => {
    const session = await client.open();
    const request = { method: 'POST', query: session.query, headers: [['Content-Length', 10]] };
    const first = await client.start(request);
    first.connection.write('4a');
    await client.settle(first.connection);
    assert.equal((await session.post('4b')).status, 400);
    first.connection.write('aaaaaaaa');
    assert.notEqual((await first.response).status, 200);
    await session.assertGone();
  });

  check('GET aborted by the client: session closed', async (client) => {
    for (const abort of ['destroy', 'reset']) {
      const session = await client.open();
      const poll = await session.startPoll();
      poll.connection[abort]();
      await session.gone();
    }
  });

  check('POST aborted by the client in its body: nothing is delivered, the server lives on', async (client) => {
    const session = await client.open();
    const request = { method: 'POST', query: session.query, headers: [['Content-Length', 10]] };
    const { connection } = await client.start(request);
    connection.write('4half');
    await client.settle(connection);
    connection.reset();
    const other = await client.open();
    await other.assertEcho('hello');
  });

  check('many requests on one connection', async (client) => {
    const session = await client.open();
    const connection = await client.connect();
    for (let round = 0; round < 20; round += 1) {
      connection.write(client.format({ method: 'POST', query: session.query, body: `4${round}` }));
      assertReply(await readResponse(connection), 'post accepted');
      connection.write(client.format({ query: session.query }));
      assert.equal((await readResponse(connection)).text, `4${round}`);
    }
  });

  check('unsolicited pongs are ignored', async (client) => {
    const session = await client.open();
    await session.send('3', '3', '3probe', '4a', '3');
    assert.deepEqual(await session.take(1), ['4a']);
  });

  check('ping from a client outside a probe', async (client) => {
    const session = await client.open();
    assertReply(await session.post('2'), 'ping from a client');
    await (isSpec ? session.assertGone() : session.assertEcho('untouched'));
  });

  check('polling requests of a session that began on a WebSocket: 400', async (client) => {
    const socket = await client.openSocket();
    const query = { EIO: 4, transport: 'polling', sid: socket.open.sid };
    assertReply(await client.request({ query }), 'bad request');
    assertReply(await client.request({ method: 'POST', query, body: '4a' }), 'bad request');
    await socket.assertEcho('untouched');
  });

  check('transport websocket without an upgrade request on a polling session: 400', async (client) => {
    const session = await client.open();
    const query = { ...session.query, transport: 'websocket' };
    assertReply(await client.request({ query }), 'bad request');
    await session.assertEcho('untouched');
  });
});

suite('polling: the size of a response', { mode: 'commands', maxPayload: 1000 }, (check) => {
  check('many packets: in order, never above maxPayload', async (client) => {
    const session = await client.open();
    await session.send('4burst 500');
    const seen = [];
    while (seen.length < 500) {
      const response = await session.get();
      assert.ok(response.body.length <= 1000, `${response.body.length} bytes`);
      seen.push(...splitPackets(response.text));
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, index) => `4burst ${index}`),
    );
  });

  check('a packet above maxPayload goes alone', async (client) => {
    const session = await client.open();
    await session.send('4before', '4send 2000', '4after');
    assert.deepEqual(await session.poll(), ['4before']);
    const [packet, ...others] = await session.poll();
    assert.deepEqual(others, []);
    assert.equal(Buffer.from(packet.slice(1), 'base64').length, 2000);
    assert.deepEqual(await session.poll(), ['4after']);
  });
});

suite('polling: number of packets', {}, (check) => {
  check('one POST with 10 000 messages: all delivered, in order', async (client) => {
    const session = await client.open();
    const packets = Array.from({ length: 10_000 }, (_, index) => `4${index}`);
    assertReply(await session.post(joinPackets(packets)), 'post accepted');
    assert.deepEqual(await session.take(packets.length), packets);
  });
});

suite('polling: text with the separator', { mode: 'broadcast' }, (check) => {
  check('is skipped on polling, and whole on a WebSocket', async (client) => {
    const session = await client.open();
    const socket = await client.openSocket();
    for (const packet of ['4before', '4split\x1e4forged', '4after']) socket.send(packet);
    assert.deepEqual(await socket.take(3), ['4before', '4split\x1e4forged', '4after']);
    assert.deepEqual(await session.take(2), ['4before', '4after']);
  });
});
