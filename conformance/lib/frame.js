// WebSocket frames as bytes: any frame can be written, also a forbidden one.

import { randomBytes } from 'node:crypto';

/** The opcodes of RFC 6455. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };

const SHORT_LENGTH = 126;
const LONG_LENGTH = 127;

/**
 * The bytes of one frame. `rsv` is a 3-bit number (4 is RSV1), `mask` false leaves the frame unmasked, and
 * `length` declares another length than the payload has.
 */
export function formatFrame({ opcode, payload = '', fin = true, rsv = 0, mask = true, length }) {
  const data = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const size = formatLength(length ?? data.length, mask);
  if (!mask) return Buffer.concat([Buffer.of(first), size, data]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.of(first), size, key, applyMask(data, key)]);
}

function formatLength(length, mask) {
  const bit = mask ? 0x80 : 0;
  if (length < SHORT_LENGTH) return Buffer.of(bit | Number(length));
  const wide = length > 0xffff;
  const bytes = Buffer.alloc(wide ? 9 : 3);
  bytes[0] = bit | (wide ? LONG_LENGTH : SHORT_LENGTH);
  if (wide) bytes.writeBigUInt64BE(BigInt(length), 1);
  else bytes.writeUInt16BE(Number(length), 1);
  return bytes;
}

function applyMask(data, key) {
  const masked = Buffer.allocUnsafe(data.length);
  for (let index = 0; index < data.length; index += 1) masked[index] = data[index] ^ key[index & 3];
  return masked;
}

/** The payload of a close frame. */
export function closePayload(code, reason = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** Reads one frame of a server from a `ByteStream`; a masked one is the server's fault. */
export async function readFrame(stream) {
  const [first, second] = await stream.read(2);
  if (second & 0x80) throw new Error('a server must not mask its frames');
  const payload = await stream.read(await readLength(stream, second));
  return { fin: Boolean(first & 0x80), rsv: (first >> 4) & 7, opcode: first & 0xf, payload };
}

async function readLength(stream, short) {
  if (short < SHORT_LENGTH) return short;
  if (short === SHORT_LENGTH) return (await stream.read(2)).readUInt16BE();
  return Number((await stream.read(8)).readBigUInt64BE());
}
