// Our client against every server: the upgrade while messages travel in both directions. Nothing lost or reordered.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';

import { withConnect } from '../lib/connect.js';
import { pool } from '../lib/pool.js';
import { withRelay } from '../lib/recorder.js';
import { Server, explain, withServer } from '../lib/server.js';
import { SERVERS } from '../lib/servers.js';

const ROUNDS = 8;
const WIDTH = 4;
const AFTERWARDS = 50;
/** Messages at a time, and how many may be under way: the peers' queues are not endless. */
const CHUNK = 10;
const UNDER_WAY = 300;

for (const [name, peer] of Object.entries(SERVERS)) {
  describe(`${name}: upgrade`, () => {
    let server;
    before(async () => (server = await Server.start({ mode: 'commands', pingInterval: '300ms' }, peer)));
    after(() => server?.stop());

    it(`${ROUNDS} upgrades while the client and the server talk, ${WIDTH} at a time`, () =>
      pool(ROUNDS, WIDTH, () => withConnect(server.origin, {}, round)).catch((error) => {
        throw explain(error, server);
      }));
  });
}

/** Talks from before the session is open until well after the upgrade. */
async function round(client) {
  const sent = [];
  const say = () => {
    const messages = Array.from({ length: CHUNK }, (_, index) => message(sent.length + index));
    sent.push(...messages);
    client.send(...messages);
  };
  const upgraded = () => client.events.some(({ event }) => event === 'upgrade');
  while (!upgraded()) {
    if (sent.length - client.messages.length < UNDER_WAY) say();
    await nextTurn();
  }
  for (let count = 0; count < AFTERWARDS / CHUNK; count += 1) say();
  const expected = sent.flatMap(replies);
  assert.deepEqual(await client.reach(expected.length), expected);
}

/** What message `index` of a round is: text, now and then binary, now and then a command to answer with many. */
function message(index) {
  if (index % 7 === 3) return Buffer.from(`binary ${index}`);
  return index % 50 === 2 ? 'burst 5' : `text ${index}`;
}

function replies(sent) {
  return sent === 'burst 5' ? Array.from({ length: 5 }, (_, index) => `burst ${index}`) : [sent];
}

describe('no upgrade', { concurrency: true }, () => {
  const staysOnPolling = (server, flags) =>
    withConnect(server.origin, flags, async (client) => {
      client.send('hello');
      assert.deepEqual(await client.reach(1), ['hello']);
      client.end();
      assert.equal((await client.event('open')).transport, 'polling');
      assert.ok(!client.events.some(({ event }) => event === 'upgrade'));
    });

  it('--no-upgrade', () => withServer({}, (server) => staysOnPolling(server, { noUpgrade: true })));

  it('a server that offers none', () => withServer({ noUpgrades: true }, (server) => staysOnPolling(server, {})));

  it('a proxy that carries no WebSocket: the session goes on by polling, and says so', () =>
    withServer({}, (server) =>
      withRelay(
        server,
        (relay) =>
          withConnect(relay.origin, {}, async (client) => {
            await client.event('upgrade_failed');
            client.send('still there');
            assert.deepEqual(await client.reach(1), ['still there']);
          }),
        /upgrade: websocket/i,
      ),
    ));
});
