// Bodies that must be refused: bad packets, bad text, too many bytes.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

import { formatChunk, readResponse } from '../lib/http.js';
import { assertReply } from '../lib/replies.js';
import { joinPackets } from '../lib/session.js';
import { suite } from '../lib/suite.js';

const MAX_PAYLOAD = 1_000_000;
const HALF = Buffer.from('4caf\xc3', 'latin1');

const BAD_BODIES = {
  'an empty body': '',
  'an unknown type, digit': '7hello',
  'an unknown type, letter': 'xhello',
  'a digit of another alphabet': '٣',
  'a separator alone': '\x1e',
  'bad base64: alphabet': 'b!!!!',
  'bad base64: padding': 'bAQ',
  'bad base64: URL alphabet': 'b_-_-',
  'bad base64: a line end': 'bAQID\n',
  'an EIO=3 binary packet': 'b4AQID',
  'an EIO=3 payload': '6:4hello',
  'bad UTF-8: a lone byte': HALF,
  'bad UTF-8: a surrogate': Buffer.from('34eda080', 'hex'),
  'bad UTF-8: an overlong form': Buffer.from('34c0af', 'hex'),
  'an open packet': '0{}',
  'an upgrade packet': '5',
  'a noop packet': '6',
};

const BAD_TAILS = {
  'an unknown type': ['9', '4behind'],
  'an empty packet': ['', '4behind'],
  'a trailing separator': [''],
  'bad base64': ['b!!!!', '4behind'],
};

async function assertRefused(session, body) {
  assertReply(await session.post(body), 'bad request');
  await session.assertGone();
}

suite('payload: bad ones', { mode: 'broadcast' }, (check) => {
  for (const [what, body] of Object.entries(BAD_BODIES)) {
    check(`${what}: 400 at once without a poll, session closed`, async (client) => {
      await assertRefused(await client.open(), body);
    });

    check(`${what}: 400 at once with a poll open, which gets \`1\``, async (client) => {
      const session = await client.open();
      const poll = await session.startPoll();
      await assertRefused(session, body);
      assert.equal((await poll.response).status, 200);
      assert.equal((await poll.response).text, '1');
    });
  }

  for (const [what, tail] of Object.entries(BAD_TAILS)) {
    check(`${what} after good packets: those are delivered, in order, those behind it are not`, async (client) => {
      const observer = await client.openSocket();
      const session = await client.open();
      await assertRefused(session, joinPackets(['4first', 'bAQID', ...tail]));
      observer.send('4sentinel');
      assert.deepEqual(await observer.take(3), ['4first', Buffer.of(1, 2, 3), '4sentinel']);
    });
  }

  check('bad UTF-8 after a good packet: the good one is delivered', async (client) => {
    const observer = await client.openSocket();
    await assertRefused(await client.open(), Buffer.concat([Buffer.from('4first\x1e'), HALF]));
    observer.send('4sentinel');
    assert.deepEqual(await observer.take(2), ['4first', '4sentinel']);
  });
});

suite('payload: size', {}, (check) => {
  check('a body of exactly maxPayload bytes is accepted', async (client) => {
    const session = await client.open();
    assert.equal(session.open.maxPayload, MAX_PAYLOAD);
    const packet = `4${'x'.repeat(MAX_PAYLOAD - 1)}`;
    assertReply(await session.post(packet), 'post accepted');
    assert.deepEqual(await session.take(1), [packet]);
  });

  check('bytes are counted, not characters', async (client) => {
    const session = await client.open();
    assertReply(await session.post(`4${'€'.repeat(MAX_PAYLOAD / 2)}`), 'body too large');
    await session.assertGone();
  });

  check('one byte more: 413, session closed', async (client) => {
    const session = await client.open();
    assertReply(await session.post(`4${'x'.repeat(MAX_PAYLOAD)}`), 'body too large');
    await session.assertGone();
  });

  check('declared too large: 413 before any of it is sent; a waiting poll gets `1`', async (client) => {
    const session = await client.open();
    const poll = await session.startPoll();
    const headers = [['Content-Length', MAX_PAYLOAD + 1]];
    assertReply(await session.get({ method: 'POST', headers }), 'body too large');
    assert.equal((await poll.response).text, '1');
    await session.assertGone();
  });

  check('counted while reading: 413 before a chunked body ends', async (client) => {
    const session = await client.open();
    const headers = [['Transfer-Encoding', 'chunked']];
    const { connection, response } = await client.start({ method: 'POST', query: session.query, headers });
    const chunk = formatChunk(Buffer.alloc(100_000, '4'));
    for (let sent = 0; sent <= MAX_PAYLOAD; sent += 100_000) connection.write(chunk);
    assertReply(await response, 'body too large');
    await session.assertGone();
  });

  check('a client that writes 5 MB before it reads still sees the 413', async (client) => {
    const session = await client.open();
    const connection = await client.connect();
    const body = Buffer.alloc(5 * MAX_PAYLOAD, '4');
    await connection.writeAll(client.format({ method: 'POST', query: session.query, body }));
    assertReply(await readResponse(connection, 'POST'), 'body too large');
  });

  check('a body with Content-Encoding is refused unless enabled', async (client) => {
    const session = await client.open();
    const response = await session.post(gzipSync('4hello'), { headers: [['Content-Encoding', 'gzip']] });
    assert.ok([400, 415].includes(response.status), `status ${response.status}`);
  });
});
