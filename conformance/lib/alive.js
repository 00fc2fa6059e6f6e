// The proof, after every case, that only the offender was hurt.

import assert from 'node:assert/strict';

import { RawClient } from './raw.js';

let serial = 0;

/** Asserts that the server answers `GET /healthz` and carries a message of a new session. */
export async function assertAlive(server) {
  const client = new RawClient(server);
  try {
    assert.equal((await client.get('/healthz')).status, 200);
    await (offersWebSocket(server) ? messageOnWebSocket(client) : messageOnPolling(client));
  } finally {
    client.dispose();
  }
}

function offersWebSocket({ flags }) {
  return !flags.transports || flags.transports.includes('websocket');
}

/** Two sessions, so that it works in every mode: whichever of them the mode sends to must get the message. */
async function messageOnWebSocket(client) {
  const pair = [await client.openSocket(), await client.openSocket()];
  const packet = `4alive ${(serial += 1)}`;
  pair[0].send(packet);
  await Promise.any(pair.map((socket) => socket.until(packet)));
}

async function messageOnPolling(client) {
  const session = await client.open();
  const packet = `4alive ${(serial += 1)}`;
  await session.send(packet);
  while (!(await session.poll()).includes(packet));
}
