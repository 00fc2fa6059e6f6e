// A session on a WebSocket: frames, packets, limits, and the close code of each failure.

import assert from 'node:assert/strict';

import { Opcode, closePayload, formatFrame } from '../lib/frame.js';
import { isSpec } from '../lib/replies.js';
import { suite } from '../lib/suite.js';

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const MAX_PAYLOAD = 1_000_000;
const POLICY = 1008;
const PROTOCOL = 1002;
const NOT_UTF8 = 1007;
const TOO_BIG = 1009;

const UNDECODABLE = {
  'empty text': '',
  'an unknown type, digit': '7hello',
  'an unknown type, letter': 'xhello',
  'a digit of another alphabet': '٣',
  'bad base64: alphabet': 'b!!!!',
  'bad base64: padding': 'bAQ',
};

const NOT_TEXT = {
  'a lone byte': '34ff',
  'a surrogate': '34eda080',
  'an overlong form': '34c0af',
  'above U+10FFFF': '34f4908080',
  'cut off at the end': '34e282',
};

const BAD_FRAMES = {
  'unmasked': [{ opcode: TEXT, payload: '4a', mask: false }],
  'RSV1 without an extension': [{ opcode: TEXT, payload: '4a', rsv: 4 }],
  'RSV2': [{ opcode: TEXT, payload: '4a', rsv: 2 }],
  'RSV3': [{ opcode: BINARY, payload: 'a', rsv: 1 }],
  'reserved data opcode': [{ opcode: 3, payload: '4a' }],
  'reserved control opcode': [{ opcode: 11 }],
  'a control frame in fragments': [{ opcode: PING, payload: 'a', fin: false }],
  'a control frame above 125 bytes': [{ opcode: PING, payload: 'a'.repeat(126) }],
  'a continuation of nothing': [{ opcode: CONTINUATION, payload: '4a' }],
  'a new message inside a fragmented one': [
    { opcode: TEXT, payload: '4a', fin: false },
    { opcode: TEXT, payload: '4b' },
  ],
  'a close frame of one byte': [{ opcode: CLOSE, payload: 'a' }],
  'a close code that must not be sent': [{ opcode: CLOSE, payload: closePayload(1005) }],
  'a close code out of range': [{ opcode: CLOSE, payload: closePayload(999) }],
};

suite('websocket: packets', { mode: 'commands' }, (check) => {
  check('text, binary and empty messages come back as they were', async (client) => {
    const socket = await client.openSocket();
    const messages = ['4hello', Buffer.of(1, 2, 3), '4', Buffer.alloc(0), '4häé€\u{1f980}', '4split\x1e4not'];
    for (const message of messages) socket.send(message);
    assert.deepEqual(await socket.take(messages.length), messages);
  });

  check('a text frame `b...` is a binary message', async (client) => {
    const socket = await client.openSocket();
    for (const text of ['bAQID', 'b4AAA', 'b']) socket.send(text);
    assert.deepEqual(await socket.take(3), [Buffer.of(1, 2, 3), Buffer.of(0xe0, 0, 0), Buffer.alloc(0)]);
  });

  check('open, upgrade, noop and unsolicited pongs are ignored', async (client) => {
    const socket = await client.openSocket();
    for (const packet of ['0{}', '0', '5', '6', '6noop', '3', '3probe']) socket.send(packet);
    await socket.assertEcho('untouched');
  });

  check('ping from a client outside a probe', async (client) => {
    const socket = await client.openSocket();
    socket.send('2');
    await (isSpec ? socket.assertClosed(POLICY) : socket.assertEcho('untouched'));
  });

  for (const [what, text] of Object.entries(UNDECODABLE)) {
    check(`undecodable: ${what}: closed with 1008`, async (client) => {
      const socket = await client.openSocket();
      socket.send(text);
      await socket.assertClosed(POLICY);
    });
  }

  for (const [what, bytes] of Object.entries(NOT_TEXT)) {
    check(`bad UTF-8: ${what}: closed with 1007`, async (client) => {
      const socket = await client.openSocket();
      socket.sendFrame({ opcode: TEXT, payload: Buffer.from(bytes, 'hex') });
      await socket.assertClosed(NOT_UTF8);
    });
  }
});

suite('websocket: packets before a bad one', { mode: 'broadcast' }, (check) => {
  check('are delivered, in order; those behind it are not', async (client) => {
    const observer = await client.openSocket();
    const socket = await client.openSocket();
    for (const text of ['4a', '4b', 'xx', '4c']) socket.send(text);
    await socket.assertClosed(POLICY);
    observer.send('4sentinel');
    assert.deepEqual(await observer.take(3), ['4a', '4b', '4sentinel']);
  });
});

suite('websocket: frames', {}, (check) => {
  for (const [what, frames] of Object.entries(BAD_FRAMES)) {
    check(`${what}: closed with 1002`, async (client) => {
      const socket = await client.openSocket();
      for (const frame of frames) socket.sendFrame(frame);
      await socket.assertClosed(PROTOCOL);
    });
  }

  check('a close reason that is not UTF-8: closed with 1007', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: CLOSE, payload: closePayload(1000, Buffer.of(0xff)) });
    await socket.assertClosed(NOT_UTF8);
  });

  check('fragments make one message; a character may be split between them', async (client) => {
    const socket = await client.openSocket();
    const [head, middle, tail] = [Buffer.from('4\xe2', 'latin1'), Buffer.of(0x82), Buffer.of(0xac)];
    socket.sendFrame({ opcode: TEXT, payload: head, fin: false });
    socket.sendFrame({ opcode: CONTINUATION, payload: middle, fin: false });
    socket.sendFrame({ opcode: CONTINUATION, payload: tail });
    assert.equal(await socket.next(), '4€');
  });

  check('empty fragments count for nothing', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: BINARY, fin: false });
    socket.sendFrame({ opcode: CONTINUATION, payload: 'ab', fin: false });
    socket.sendFrame({ opcode: CONTINUATION });
    assert.deepEqual(await socket.next(), Buffer.from('ab'));
  });

  check('a ping is answered with its payload, also between fragments', async (client) => {
    const socket = await client.openSocket();
    const payload = 'p'.repeat(125);
    socket.sendFrame({ opcode: TEXT, payload: '4he', fin: false });
    socket.sendFrame({ opcode: PING, payload });
    socket.sendFrame({ opcode: CONTINUATION, payload: 'llo' });
    const pong = await socket.nextFrame();
    assert.equal(pong.opcode, PONG);
    assert.equal(pong.payload.toString(), payload);
    assert.equal(await socket.next(), '4hello');
  });

  check('a WebSocket pong nobody asked for is ignored', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: PONG, payload: 'x' });
    await socket.assertEcho('untouched');
  });

  check('a frame that arrives byte by byte', async (client) => {
    const socket = await client.openSocket();
    for (const byte of formatFrame({ opcode: TEXT, payload: '4slow' })) {
      await socket.stream.writeAll(Buffer.of(byte));
    }
    assert.equal(await socket.next(), '4slow');
  });

  check(
    'the server never sends reserved bits, and negotiates no extension that was not offered',
    async (client) => {
      const socket = await client.openSocket();
      assert.equal(socket.response.header('sec-websocket-extensions'), undefined);
      socket.send(`4${'a'.repeat(5000)}`);
      assert.equal((await socket.nextFrame()).rsv, 0);
    },
  );
});

suite('websocket: the closing handshake', { mode: 'broadcast' }, (check) => {
  check('a close frame is answered with its code, then the connection ends', async (client) => {
    for (const code of [1000, 1001, 3000, 4999]) {
      const socket = await client.openSocket();
      socket.sendClose(code, 'bye');
      await socket.assertClosed(code);
    }
  });

  check('data behind a close frame is not delivered', async (client) => {
    const observer = await client.openSocket();
    const socket = await client.openSocket();
    socket.send('4before');
    socket.sendClose();
    socket.send('4behind');
    await socket.assertClosed();
    observer.send('4sentinel');
    assert.deepEqual(await observer.take(2), ['4before', '4sentinel']);
  });

  check('after a failure: close frame, end of writing, then the connection is gone', async (client) => {
    const socket = await client.openSocket();
    socket.send('xx');
    assert.equal((await socket.closed()).code, POLICY);
    await socket.stream.ended;
    // The peer neither answers nor stops sending; the server must not read for ever.
    const chatter = setInterval(() => socket.send('4still here'), 10);
    await socket.stream.closed.finally(() => clearInterval(chatter));
  });
});

suite('websocket: size', {}, (check) => {
  check('a message of exactly maxPayload bytes is accepted', async (client) => {
    const socket = await client.openSocket();
    const text = `4${'x'.repeat(MAX_PAYLOAD - 1)}`;
    socket.send(text);
    assert.equal(await socket.next(), text);
    const binary = Buffer.alloc(MAX_PAYLOAD, 7);
    socket.send(binary);
    assert.ok(binary.equals(await socket.next()));
  });

  for (const [what, length] of Object.entries({
    'one byte more': MAX_PAYLOAD + 1,
    'nearly 2^63 bytes': (1n << 63n) - 1n,
  })) {
    check(`${what}: closed with 1009 on the frame header alone`, async (client) => {
      const socket = await client.openSocket();
      socket.sendFrame({ opcode: BINARY, length });
      await socket.assertClosed(TOO_BIG);
    });
  }

  check('a 64-bit length with the top bit set is refused', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: BINARY, length: 1n << 63n });
    const { code } = await socket.assertClosed();
    assert.ok([PROTOCOL, TOO_BIG].includes(code), `code ${code}`);
  });

  check('the sum of the fragments counts: closed with 1009', async (client) => {
    const socket = await client.openSocket();
    socket.sendFrame({ opcode: BINARY, payload: Buffer.alloc(MAX_PAYLOAD - 10), fin: false });
    socket.sendFrame({ opcode: CONTINUATION, payload: Buffer.alloc(11), fin: false });
    await socket.assertClosed(TOO_BIG);
  });
});

// Small enough that the whole frame is read at once: a host that closes with some of it unread resets the connection.
suite('websocket: size in bytes', { maxPayload: 1000 }, (check) => {
  check('bytes are counted, not characters', async (client) => {
    const socket = await client.openSocket();
    socket.send(`4${'€'.repeat(333)}`);
    assert.equal(await socket.next(), `4${'€'.repeat(333)}`);
    socket.send(`4${'€'.repeat(334)}`);
    await socket.assertClosed(TOO_BIG);
  });
});

suite('websocket: the HTTP side of the handshake', {}, (check) => {
  check('the first of the sub-protocols is chosen', async (client) => {
    const headers = [['Sec-WebSocket-Protocol', 'one, two']];
    const socket = await client.openSocket({ headers });
    assert.equal(socket.response.header('sec-websocket-protocol'), 'one');
    await socket.assertEcho('hello');
  });

  check('no sub-protocol offered, none chosen', async (client) => {
    const socket = await client.openSocket();
    assert.equal(socket.response.header('sec-websocket-protocol'), undefined);
  });

  check('names of headers and tokens match in any case, lists are lists', async (client) => {
    const omit = ['Connection', 'Upgrade'];
    const headers = [
      ['CONNECTION', 'keep-alive, UpGrade'],
      ['upgrade', 'WebSocket'],
    ];
    const socket = await client.openSocket({ omit, headers });
    await socket.assertEcho('hello');
  });

  for (const [what, change] of Object.entries({
    'no key': { omit: ['Sec-WebSocket-Key'] },
    'a key of the wrong length': { omit: ['Sec-WebSocket-Key'], headers: [['Sec-WebSocket-Key', 'YWJj']] },
    'no version': { omit: ['Sec-WebSocket-Version'] },
    'an unknown version': { omit: ['Sec-WebSocket-Version'], headers: [['Sec-WebSocket-Version', '99']] },
    'no Connection: upgrade': { omit: ['Connection'] },
    'method POST': { method: 'POST' },
  })) {
    check(`${what}: refused without a 101`, async (client) => {
      const response = await client.refusedHandshake(change);
      assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
      if (isSpec) assert.equal(response.header('sec-websocket-version'), what.endsWith('version') ? '13' : undefined);
    });
  }
});
