// One WebSocket connection of a raw client.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { Ended } from './bytes.js';
import { Opcode, closePayload, formatFrame, readFrame } from './frame.js';

const KEY = 'ZW5naW5laW8gY29uZm9ybQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/** The request headers of a WebSocket handshake. */
export const HANDSHAKE_HEADERS = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', KEY],
];

/** Asserts that a response is the 101 that answers our key. */
export function assertSwitched(response) {
  assert.equal(response.status, 101, `expected 101, got ${response.status}: ${response.text}`);
  const accept = createHash('sha1')
    .update(KEY + GUID)
    .digest('base64');
  assert.equal(response.header('sec-websocket-accept'), accept);
  assert.equal(response.header('upgrade')?.toLowerCase(), 'websocket');
  assert.ok(response.list('connection').includes('upgrade'));
}

/** A WebSocket connection after its 101. Strings travel in text frames, buffers in binary ones. */
export class RawWebSocket {
  constructor(stream, response) {
    this.stream = stream;
    this.response = response;
  }

  /** Sends one message in one frame. */
  send(message) {
    const opcode = typeof message === 'string' ? Opcode.TEXT : Opcode.BINARY;
    this.sendFrame({ opcode, payload: message });
  }

  /** Sends a frame given by its fields; see `formatFrame`. */
  sendFrame(frame) {
    this.stream.write(formatFrame(frame));
  }

  /** Sends a close frame. */
  sendClose(code = 1000, reason = '') {
    this.sendFrame({ opcode: Opcode.CLOSE, payload: closePayload(code, reason) });
  }

  /** The next frame. */
  nextFrame() {
    return readFrame(this.stream);
  }

  /** The next message: a string for text, a buffer for binary. */
  async next() {
    const first = await this.nextFrame();
    assert.notEqual(first.opcode, Opcode.CLOSE, `closed instead of a message: ${describeClose(first)}`);
    const parts = [first.payload];
    for (let { fin } = first; !fin;) {
      const frame = await this.nextFrame();
      parts.push(frame.payload);
      ({ fin } = frame);
    }
    const payload = Buffer.concat(parts);
    return first.opcode === Opcode.TEXT ? payload.toString('utf8') : payload;
  }

  /** The next `count` messages. */
  async take(count) {
    const messages = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Reads until a message equals `wanted`; resolves with those that came before it. */
  async until(wanted) {
    const before = [];
    for (;;) {
      const message = await this.next();
      if (message === wanted) return before;
      before.push(message);
    }
  }

  /** Sends a message packet and asserts that the very next packet is its echo. */
  async assertEcho(text) {
    this.send(`4${text}`);
    assert.equal(await this.next(), `4${text}`);
  }

  /**
   * Reads until the server closes. Resolves with the close code (1005 none given, 1006 no close frame) and the
   * messages that came before it.
   */
  async closed() {
    const messages = [];
    try {
      for (;;) {
        const frame = await this.nextFrame();
        if (frame.opcode === Opcode.CLOSE) return { code: closeCode(frame), messages };
        messages.push(frame.opcode === Opcode.TEXT ? frame.payload.toString('utf8') : frame.payload);
      }
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return { code: ABNORMAL, messages };
    }
  }

  /** Asserts that the server sends a close frame (with `code`) and, once it is answered, ends the connection. */
  async assertClosed(code) {
    const closed = await this.closed();
    if (code !== undefined) assert.equal(closed.code, code);
    if (closed.code !== ABNORMAL) this.sendClose();
    await this.stream.ended;
    return closed;
  }
}

function closeCode({ payload }) {
  return payload.length < 2 ? NO_STATUS : payload.readUInt16BE();
}

function describeClose(frame) {
  return `${closeCode(frame)} ${frame.payload.subarray(2)}`;
}
