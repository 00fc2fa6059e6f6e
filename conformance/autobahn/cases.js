// The cases of Autobahn's test suite that concern WebSocket itself, groups 1 to 7, 9 and 10, with their numbers: what is
// sent, and what has to come back. The text is ours; the numbers are Autobahn's, so that results can be compared.
//
// A peer that returns messages is expected. Texts begin with `4`, as messages of Engine.IO do; a server without Engine.IO
// does not mind. `outcome` lists what is acceptable: `clean` is a close frame that answers ours, a number is a close frame
// that the peer begins with, and every outcome ends the connection.

import { Opcode, closePayload } from '../lib/frame.js';

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const PROTOCOL = [1002];
const NOT_UTF8 = [1007];
const CLEAN = ['clean'];

const text = (payload, more) => ({ opcode: TEXT, payload, ...more });
const binary = (payload, more) => ({ opcode: BINARY, payload, ...more });
const ping = (payload = '', more) => ({ opcode: PING, payload, ...more });
const pong = (payload = '', more) => ({ opcode: PONG, payload, ...more });
const more = (payload, fin = true) => ({ opcode: CONTINUATION, payload, fin });
const close = (payload = closePayload(1000)) => ({ opcode: CLOSE, payload });
const hex = (digits) => Buffer.from(digits, 'hex');
const four = (data) => Buffer.concat([Buffer.from('4'), data]);
const long = (size) => `4${'*'.repeat(Math.max(size - 1, 0))}`;

/** A case. `chop` sends so many bytes at a time. Without an `outcome` we close, and the peer answers. */
const cases = [];
function add(id, title, frames, replies, { outcome = CLEAN, chop } = {}) {
  cases.push({ id, title, frames, replies, outcome, chop });
}

/** The frames of a message in fragments of a size. */
function fragments(opcode, payload, size) {
  const data = Buffer.from(payload);
  const parts = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  return parts.map((part, index) => ({
    opcode: index ? CONTINUATION : opcode,
    payload: part,
    fin: index === parts.length - 1,
  }));
}

// 1: messages of all lengths of a length field.
const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536];
SIZES.forEach((size, index) => add(`1.1.${index + 1}`, `text of ${size} bytes`, [text(long(size))], [text(long(size))]));
add('1.1.8', 'text of 65536 bytes, 997 at a time', [text(long(65_536))], [text(long(65_536))], { chop: 997 });
SIZES.forEach((size, index) => {
  const data = Buffer.alloc(size, 0xfe);
  add(`1.2.${index + 1}`, `${size} bytes`, [binary(data)], [binary(data)]);
});
add('1.2.8', '65536 bytes, 997 at a time', [binary(Buffer.alloc(65_536, 0xfe))], [binary(Buffer.alloc(65_536, 0xfe))], { chop: 997 });

// 2: pings and pongs.
const TEN = Array.from({ length: 10 }, (_, index) => `payload-${index}`);
const FULL = Buffer.alloc(125, 0xfe);
add('2.1', 'a ping without payload', [ping()], [pong()]);
add('2.2', 'a ping with text', [ping('Hello, world!')], [pong('Hello, world!')]);
add('2.3', 'a ping with bytes that are no text', [ping(hex('00fffefdfcfb00ff'))], [pong(hex('00fffefdfcfb00ff'))]);
add('2.4', 'a ping with 125 bytes', [ping(FULL)], [pong(FULL)]);
add('2.5', 'a ping with 126 bytes', [ping(Buffer.alloc(126, 0xfe))], [], { outcome: PROTOCOL });
add('2.6', 'a ping with 125 bytes, one at a time', [ping(FULL)], [pong(FULL)], { chop: 1 });
add('2.7', 'a pong that nobody asked for', [pong()], []);
add('2.8', 'such a pong with payload', [pong('unsolicited')], []);
add('2.9', 'such a pong, then a ping', [pong('unsolicited'), ping('ping')], [pong('ping')]);
add('2.10', 'ten pings', TEN.map((data) => ping(data)), TEN.map((data) => pong(data)));
add('2.11', 'ten pings, one byte at a time', TEN.map((data) => ping(data)), TEN.map((data) => pong(data)), { chop: 1 });

// 3: reserved bits.
const HELLO = text('4Hello, world!');
const withBits = (rsv) => [HELLO, text('4Hello', { rsv }), ping()];
add('3.1', 'RSV 1', [text('4Hello', { rsv: 1 })], [], { outcome: PROTOCOL });
add('3.2', 'RSV 2 after a message', withBits(2), [HELLO], { outcome: PROTOCOL });
add('3.3', 'RSV 3 after a message, frame by frame', withBits(3), [HELLO], { outcome: PROTOCOL, chop: 20 });
add('3.4', 'RSV 4 after a message, one byte at a time', withBits(4), [HELLO], { outcome: PROTOCOL, chop: 1 });
add('3.5', 'RSV 5 in a binary frame', [binary(hex('00fffe'), { rsv: 5 })], [], { outcome: PROTOCOL });
add('3.6', 'RSV 6 in a ping', [ping('', { rsv: 6 })], [], { outcome: PROTOCOL });
add('3.7', 'RSV 7 in a close frame', [{ ...close(), rsv: 7 }], [], { outcome: PROTOCOL });

// 4: reserved opcodes.
[3, 11].forEach((first, group) => {
  for (let index = 0; index < 5; index += 1) {
    const opcode = first + index;
    const frame = { opcode, payload: index % 2 ? 'reserved' : '' };
    const before = index < 2 ? [] : [HELLO];
    const frames = [...before, frame, ...(index < 2 ? [] : [ping()])];
    add(`4.${group + 1}.${index + 1}`, `opcode ${opcode}`, frames, before, { outcome: PROTOCOL, chop: index === 4 ? 1 : undefined });
  }
});

// 5: fragments.
const PARTS = [text('4fragment1', { fin: false }), more('fragment2')];
const JOINED = text('4fragment1fragment2');
const BETWEEN = [PARTS[0], ping('ping'), PARTS[1]];
add('5.1', 'a ping in fragments', [ping('fragment1', { fin: false }), more('fragment2')], [], { outcome: PROTOCOL });
add('5.2', 'a pong in fragments', [pong('fragment1', { fin: false }), more('fragment2')], [], { outcome: PROTOCOL });
[undefined, 12, 1].forEach((chop, index) => add(`5.${3 + index}`, 'text in two fragments', PARTS, [JOINED], { chop }));
[undefined, 12, 1].forEach((chop, index) =>
  add(`5.${6 + index}`, 'a ping between fragments', BETWEEN, [pong('ping'), JOINED], { chop }));
[true, false].forEach((fin, group) =>
  [undefined, 12, 1].forEach((chop, index) =>
    add(`5.${9 + 3 * group + index}`, `a continuation of nothing, ${fin ? 'final' : 'not final'}`,
      [more('continued', fin), text('4Hello')], [], { outcome: PROTOCOL, chop })));
add('5.15', 'a continuation of nothing after fragments', [...PARTS, more('fragment3', false), text('4fragment4')], [JOINED], { outcome: PROTOCOL });
add('5.16', 'continuations of nothing, not final, twice', [more('a', false), text('4b'), more('c', false), text('4d')], [], { outcome: PROTOCOL });
add('5.17', 'continuations of nothing, final, twice', [more('a'), text('4b'), more('c'), text('4d')], [], { outcome: PROTOCOL });
add('5.18', 'text within text in fragments', [text('4a', { fin: false }), text('4b')], [], { outcome: PROTOCOL });
const FIVE = fragments(TEXT, '4fragment1fragment2fragment3fragment4fragment5', 9);
for (const [id, chop] of [['5.19', 30], ['5.20', undefined]]) {
  add(id, 'five fragments with pings between them', FIVE.flatMap((frame, index) => (index ? [ping(`p${index}`), frame] : [frame])),
    [...FIVE.slice(1).map((_, index) => pong(`p${index + 1}`)), text('4fragment1fragment2fragment3fragment4fragment5')], { chop });
}

// 6: text is UTF-8.
const KOSME = hex('cebae1bdb9cf83cebcceb5');
const BROKEN = Buffer.concat([KOSME, hex('f4908080'), Buffer.from('edited')]);
const HALLO = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
add('6.1.1', 'empty text', [text('4')], [text('4')]);
add('6.1.2', 'three empty fragments but for the first', [text('4', { fin: false }), more('', false), more('')], [text('4')]);
add('6.1.3', 'an empty fragment at the end', [text('4', { fin: false }), more('middle frame payload', false), more('')], [text('4middle frame payload')]);
add('6.2.1', 'valid text', [text(four(HALLO))], [text(four(HALLO))]);
add('6.2.2', 'valid text in two fragments', fragments(TEXT, four(HALLO), 13), [text(four(HALLO))]);
add('6.2.3', 'valid text in fragments of one byte', fragments(TEXT, four(HALLO), 1), [text(four(HALLO))]);
add('6.2.4', 'valid text in fragments of one byte', fragments(TEXT, four(KOSME), 1), [text(four(KOSME))]);
add('6.3.1', 'text that is not valid', [text(four(BROKEN))], [], { outcome: NOT_UTF8 });
add('6.3.2', 'text that is not valid, in fragments of one byte', fragments(TEXT, four(BROKEN), 1), [], { outcome: NOT_UTF8 });
add('6.4.1', 'an invalid first part of a message that goes on', [text(four(KOSME), { fin: false }), more(hex('f4908080'), false), more('edited')], [], { outcome: NOT_UTF8 });
add('6.4.2', 'the same, cut within the character', [text(four(Buffer.concat([KOSME, hex('f4')])), { fin: false }), more(hex('90'), false), more(hex('8080'))], [], { outcome: NOT_UTF8 });
add('6.4.3', 'the same within one frame, in parts', [text(four(BROKEN))], [], { outcome: NOT_UTF8, chop: 16 });
add('6.4.4', 'the same within one frame, byte by byte', [text(four(BROKEN))], [], { outcome: NOT_UTF8, chop: 1 });

const VALID = {
  '6.5': ['cebae1bdb9cf83cebcceb5', 'ce', 'cebae1bdb9', 'cebae1bdb9cf83', '00'],
  '6.6': ['ce', 'ceba', 'cebae1', 'cebae1bd', 'cebae1bdb9', 'cebae1bdb9cf', 'cebae1bdb9cf83', 'cebae1bdb9cf83ce', 'cebae1bdb9cf83cebc', 'cebae1bdb9cf83cebcce', 'cebae1bdb9cf83cebcceb5'],
  '6.7': ['00', 'c280', 'e0a080', 'f0908080'],
  '6.8': ['f888808080', 'fc8480808080'],
  '6.9': ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  '6.10': ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  '6.11': ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', 'f4908080'],
  '6.12': ['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', Array.from({ length: 63 }, (_, index) => (0x80 + index).toString(16)).join('')],
  '6.13': [series(0xc0, 32), series(0xe0, 16), series(0xf0, 8), series(0xf8, 4), series(0xfc, 2)],
  '6.14': ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'],
  '6.15': ['c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf'],
  '6.16': ['fe', 'ff', 'fefeffff'],
  '6.17': ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  '6.18': ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  '6.19': ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  '6.20': ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  '6.21': ['eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf', 'edae80edb080', 'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'],
  '6.22': Array.from({ length: 17 }, (_, plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]).flat().map((point) => Buffer.from(String.fromCodePoint(point)).toString('hex')),
  '6.23': ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
};

/** First bytes of sequences, each before a space. */
function series(first, count) {
  return Array.from({ length: count }, (_, index) => `${(first + index).toString(16)}20`).join('');
}

function isText(data) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(data);
    return true;
  } catch {
    return false;
  }
}

for (const [group, sequences] of Object.entries(VALID)) {
  sequences.forEach((digits, index) => {
    const data = four(hex(digits));
    const valid = isText(data);
    add(`${group}.${index + 1}`, `${valid ? 'valid' : 'not valid'}: ${digits.slice(0, 24)}`, [text(data)], valid ? [text(data)] : [], { outcome: valid ? CLEAN : NOT_UTF8 });
  });
}

// 7: the end. What comes behind a close frame is not looked at.
const ECHOED = text('4Hello World!');
add('7.1.1', 'a message, then a close frame', [ECHOED, close()], [ECHOED]);
add('7.1.2', 'two close frames', [close(), close()], []);
add('7.1.3', 'a ping behind a close frame', [close(), ping()], []);
add('7.1.4', 'text behind a close frame', [close(), ECHOED], []);
add('7.1.5', 'a close frame between fragments', [PARTS[0], close(), PARTS[1]], []);
add('7.1.6', 'a long message, a close frame and a ping', [text(long(262_144)), ECHOED, close(), ping()], [text(long(262_144)), ECHOED]);
add('7.3.1', 'a close frame without payload', [close('')], []);
add('7.3.2', 'a close frame of one byte', [close('a')], [], { outcome: PROTOCOL });
add('7.3.3', 'a close frame with a code', [close()], []);
add('7.3.4', 'a close frame with a code and a reason', [close(closePayload(1000, 'Hello World!'))], []);
add('7.3.5', 'a close frame with the longest reason', [close(closePayload(1000, '*'.repeat(123)))], []);
add('7.3.6', 'a close frame that is too long', [close(closePayload(1000, '*'.repeat(124)))], [], { outcome: PROTOCOL });
add('7.5.1', 'a reason that is not valid', [close(Buffer.concat([closePayload(1000), BROKEN]))], [], { outcome: [1002, 1007] });
[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].forEach((code, index) =>
  add(`7.7.${index + 1}`, `code ${code}`, [close(closePayload(code))], []));
[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].forEach((code, index) =>
  add(`7.9.${index + 1}`, `code ${code}`, [close(closePayload(code))], [], { outcome: PROTOCOL }));
[5000, 65_535].forEach((code, index) =>
  add(`7.13.${index + 1}`, `code ${code}`, [close(closePayload(code))], [], { outcome: ['clean', 1002] }));

// 9: limits. Sizes that a server takes by default are below 1 MB; the groups' larger ones need options.
const LARGE = [65_536, 262_144, 1_048_576, 4_194_304, 8_388_608, 16_777_216];
LARGE.forEach((size, index) => {
  add(`9.1.${index + 1}`, `text of ${size} bytes`, [text(long(size))], [text(long(size))]);
  add(`9.2.${index + 1}`, `${size} bytes`, [binary(Buffer.alloc(size, 0xfe))], [binary(Buffer.alloc(size, 0xfe))]);
});
const FRAGMENTED = 4_194_304;
[64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, FRAGMENTED].forEach((size, index) => {
  const data = Buffer.alloc(FRAGMENTED, 0xfe);
  add(`9.3.${index + 1}`, `4 MiB of text in fragments of ${size}`, fragments(TEXT, long(FRAGMENTED), size), [text(long(FRAGMENTED))]);
  add(`9.4.${index + 1}`, `4 MiB in fragments of ${size}`, fragments(BINARY, data, size), [binary(data)]);
});
[64, 128, 256, 512, 1024, 2048].forEach((chop, index) => {
  const data = Buffer.alloc(1_048_576, 0xfe);
  add(`9.5.${index + 1}`, `1 MiB of text, ${chop} bytes at a time`, [text(long(1_048_576))], [text(long(1_048_576))], { chop });
  add(`9.6.${index + 1}`, `1 MiB, ${chop} bytes at a time`, [binary(data)], [binary(data)], { chop });
});
[0, 16, 64, 256, 1024, 4096].forEach((size, index) => {
  const texts = Array(1000).fill(text(long(size)));
  const data = Array(1000).fill(binary(Buffer.alloc(size, 0xfe)));
  add(`9.7.${index + 1}`, `1000 texts of ${size} bytes`, texts, texts);
  add(`9.8.${index + 1}`, `1000 messages of ${size} bytes`, data, data);
});

// 10: fragmentation by the sender.
add('10.1.1', '64 KiB of text in fragments of 1300', fragments(TEXT, long(65_536), 1300), [text(long(65_536))]);

export { cases };
