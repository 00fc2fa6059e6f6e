// What Socket.IO applications do, with npm socket.io-client: events, acks, rooms, binary, every transport.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TRANSPORTS, ask, next, withClients } from '../lib/socketio.js';

const ACKS = 200;
const VALUES = ['text', 'häé€\u{1f980}', 7, -1.5, null, true, [], [1, [2]], { a: { b: 'c' } }, '1', ''];

for (const [name, options] of Object.entries(TRANSPORTS)) {
  describe(`socket.io over ${name}`, { concurrency: true }, () => {
    it('is the transport in the end', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        assert.equal(socket.io.engine.transport.name, options.transports.at(-1));
      }));

    it('acknowledges with the values as they were sent', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        assert.deepEqual(await ask(socket, 'echo', ...VALUES), VALUES);
      }));

    it('carries binary, also inside of other values and of every size', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        const values = [bytes, { deep: [bytes, 'between', Buffer.alloc(0)] }, Buffer.alloc(300_000, 7)];
        const [first, second, third] = await ask(socket, 'echo', ...values);
        assert.deepEqual(Buffer.from(first), bytes);
        assert.deepEqual(Buffer.from(second.deep[0]), bytes);
        assert.equal(second.deep[2].length, 0);
        assert.ok(Buffer.from(third).equals(values[2]));
      }));

    it(`answers ${ACKS} events at once, each with its own`, () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        const answers = await Promise.all(Array.from({ length: ACKS }, (_, index) => ask(socket, 'echo', index)));
        assert.deepEqual(
          answers,
          Array.from({ length: ACKS }, (_, index) => [index]),
        );
      }));

    it('waits for the acknowledgement of a client', () =>
      withClients({}, async (clients) => {
        const socket = await clients.connect(options);
        socket.on('question', (question, answer) => answer(`${question}!`));
        assert.equal(await ask(socket, 'ask', 'well'), 'well!');
      }));

    it('tells a room, everyone in it and nobody else', () =>
      withClients({}, async (clients) => {
        const [inside, other, outside] = await Promise.all([0, 1, 2].map(() => clients.connect(options)));
        for (const socket of [inside, other, outside]) await ask(socket, 'join', 'room');
        await ask(outside, 'leave', 'room');
        outside.on('said', () => assert.fail('outside of the room'));
        const heard = [inside, other].map((socket) => next(socket, 'said'));
        inside.emit('say', 'room', 'hello', Buffer.of(1, 2));
        for (const [text, bytes] of await Promise.all(heard)) {
          assert.equal(text, 'hello');
          assert.deepEqual(Buffer.from(bytes), Buffer.of(1, 2));
        }
        await ask(outside, 'echo', 'nothing came before this');
      }));
  });
}
