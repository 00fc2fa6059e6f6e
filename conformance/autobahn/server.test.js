// The cases of Autobahn in the role of the client: against our server, and against npm's `ws`, which proves the table.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { WebSocketServer } from 'ws';

import { formatRequest, readResponse } from '../lib/http.js';
import { ByteStream } from '../lib/bytes.js';
import { HANDSHAKE_HEADERS, RawWebSocket, assertSwitched } from '../lib/websocket.js';
import { Server, explain } from '../lib/server.js';
import { within } from '../lib/within.js';
import { cases } from './cases.js';
import { Wire, play } from './play.js';

const MAX_PAYLOAD = 16 * 1024 * 1024;
const MAX_FRAGMENTS = 1024;
const CASE_TIMEOUT_MS = 90_000;

async function open({ host, port, authority, path }) {
  const stream = await ByteStream.connect({ host, port });
  const target = `${path}?EIO=4&transport=websocket`;
  stream.write(formatRequest({ host: authority, target, headers: HANDSHAKE_HEADERS }));
  const response = await readResponse(stream, 'GET');
  assertSwitched(response);
  return new RawWebSocket(stream, response);
}

async function run(server, one, opens) {
  const socket = await open(server);
  try {
    if (opens) assert.match(await socket.next(), /^0{/);
    await within(CASE_TIMEOUT_MS, play(new Wire(socket, { mask: true }), one, one.chop));
  } finally {
    socket.stream.destroy();
  }
}

/** Where our server drops or merges answers that RFC 6455 does not ask for: Autobahn calls that non-strict. */
const LENIENT = /^(2\.1[01]|3\.[234]|4\.[12]\.[345]|5\.(15|19|20)|7\.1\.[16])$/;

/** A case as our server has to pass it: with its limits, as SECURITY.md has them. */
function ours(one) {
  const isTooMany = one.frames.length > MAX_FRAGMENTS && one.replies.length === 1;
  return isTooMany ? { ...one, replies: [], outcome: [1008] } : { ...one, lenient: LENIENT.test(one.id) };
}

/** As `ws` has to: its limit of fragments is higher. */
function theirs(one) {
  return /^9\.[34]\.1$/.test(one.id) ? { ...one, replies: [], outcome: [1008] } : one;
}

describe('autobahn: our server', { concurrency: 4 }, () => {
  let server;
  before(async () => (server = await Server.start({ mode: 'echo', maxPayload: MAX_PAYLOAD, pingInterval: '600s' })));
  after(() => server?.stop());
  for (const one of cases) {
    it(`${one.id} ${one.title}`, () =>
      run(server, ours(one), true).catch((error) => {
        throw explain(error, server);
      }));
  }
});

describe('autobahn: npm ws', { concurrency: 4 }, () => {
  let server;
  let peer;
  before(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: MAX_PAYLOAD, perMessageDeflate: false });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address();
    peer = { host: '127.0.0.1', port, authority: `127.0.0.1:${port}`, path: '/' };
  });
  after(() => server?.close());
  for (const one of cases) it(`${one.id} ${one.title}`, () => run(peer, theirs(one), false));
});
