// Plays a case over a connection, and says how it came out.

import assert from 'node:assert/strict';

import { Ended } from '../lib/bytes.js';
import { Opcode, closePayload, formatFrame } from '../lib/frame.js';

const { CONTINUATION, TEXT, BINARY, CLOSE } = Opcode;

/**
 * Plays a case over a connection, in pieces of `chop` bytes. With `lenient` some of the replies may be missing: RFC 6455
 * lets a peer answer the latest ping alone, and drop what it would have said when a fault or a close frame follows.
 */
export async function play(connection, { frames, replies, outcome, lenient }, chop) {
  const closes = frames.some(({ opcode }) => opcode === CLOSE);
  const begins = outcome.every((one) => one !== 'clean');
  const sending = connection.send(frames, chop);
  const left = await expectReplies(connection, replies, lenient);
  await sending;
  if (!closes && !begins) await connection.send([{ opcode: CLOSE, payload: closePayload(1000) }]);
  const code = codeOf(left ?? (await connection.message()));
  if (begins) assert.ok(outcome.includes(code), `closed with ${code}, expected ${outcome.join(' or ')}`);
  else assertAnswered(frames.find(({ opcode }) => opcode === CLOSE), code, outcome);
  await connection.end(begins);
}

/** Reads all replies. Resolves with the close frame that came in the place of those that may be missing. */
async function expectReplies(connection, replies, lenient) {
  for (let at = 0; at < replies.length; at += 1) {
    const message = await connection.message();
    if (lenient && message.opcode === CLOSE) return message;
    while (lenient && at < replies.length - 1 && !isReply(message, replies[at])) at += 1;
    assertReply(message, replies[at]);
  }
  return undefined;
}

/** The peer says nothing of its own when it answers a close frame. */
function assertAnswered(sent, code, outcome) {
  const ours = sent && sent.payload.length >= 2 ? sent.payload.readUInt16BE() : 1000;
  const accepted = [ours, 1000, undefined, ...outcome];
  assert.ok(accepted.includes(code), `answered with ${code}, expected ${accepted.join(' or ')}`);
}

function isReply(message, { opcode, payload }) {
  return message.opcode === opcode && message.payload.equals(Buffer.from(payload));
}

function assertReply(message, reply) {
  assert.equal(message.opcode, reply.opcode, `a frame of opcode ${message.opcode}, expected ${reply.opcode}`);
  // `deepEqual` would print megabytes.
  assert.ok(isReply(message, reply), `${message.payload.length} other bytes, expected ${reply.payload.length}`);
}

/** The code of the peer's close frame; undefined if it has none. */
function codeOf(frame) {
  assert.equal(frame.opcode, CLOSE, `a frame of opcode ${frame.opcode}, expected a close frame`);
  return frame.payload.length < 2 ? undefined : frame.payload.readUInt16BE();
}

/** Frames over a socket, joined to messages. `mask` is what our side has to do. */
export class Wire {
  constructor(socket, { mask }) {
    this.socket = socket;
    this.mask = mask;
    this.parts = undefined;
  }

  /** Writes all frames, in pieces of `chop` bytes if that is given. */
  async send(frames, chop) {
    const bytes = Buffer.concat(frames.map((frame) => formatFrame({ mask: this.mask, ...frame })));
    if (!chop) return this.socket.stream.writeAll(bytes);
    for (let at = 0; at < bytes.length; at += chop) await this.socket.stream.writeAll(bytes.subarray(at, at + chop));
  }

  /** The next message or control frame; fragments are joined. */
  async message() {
    for (;;) {
      const frame = await this.socket.nextFrame();
      if (frame.opcode === TEXT || frame.opcode === BINARY) this.parts = { opcode: frame.opcode, data: [] };
      if (frame.opcode > BINARY) return frame;
      assert.ok(this.parts || frame.opcode !== CONTINUATION, 'a continuation of nothing');
      this.parts.data.push(frame.payload);
      if (frame.fin) return { opcode: this.parts.opcode, payload: Buffer.concat(this.parts.data) };
    }
  }

  /** Answers the close frame if the peer began, and waits for the end of the connection. */
  async end(answers) {
    if (answers) await this.send([{ opcode: CLOSE, payload: closePayload(1000) }]);
    try {
      // Nothing comes behind a close frame.
      const frame = await this.socket.nextFrame();
      assert.fail(`a frame of opcode ${frame.opcode} behind the close frame`);
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    }
  }
}
