// Our client against every server: how sessions end, and how they are begun anew.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ROUTES, withConnect } from '../lib/connect.js';
import { Server, withServer } from '../lib/server.js';
import { SERVERS } from '../lib/servers.js';

const IMPATIENT = { pingInterval: '300ms', pingTimeout: '700ms' };
const LOST = /^transport (close|error)$/;

/** Exit codes, see docs/command-line.md. */
const DONE = 0;
const NO_SESSION = 3;
const SESSION_LOST = 4;

for (const [name, peer] of Object.entries(SERVERS)) {
  for (const [title, { flags, transport }] of Object.entries(ROUTES)) {
    describe(`${name}: ends, ${title}`, { concurrency: 3 }, () => {
      const withBoth = (serverFlags, body, clientFlags = {}) =>
        withServer(
          { mode: 'commands', ...serverFlags },
          (server) =>
            withConnect(server.origin, { ...flags, ...clientFlags }, async (client) => {
              await client.on(transport);
              await body(client, server);
            }),
          peer,
        );

      it('the server closes: what it sent before arrives first', () =>
        withBoth({}, async (client) => {
          client.send('a', 'b');
          await client.reach(2);
          client.send('close');
          const { reason, unconfirmed } = await client.event('disconnect');
          // Servers differ in whether they say `close` or only end the connection.
          assert.match(reason, /^(server disconnect|transport (close|error))$/);
          assert.deepEqual(client.messages, ['a', 'b']);
          // By polling, the end may come before the answer to the POST that asked for it.
          const inOrder = reason === 'server disconnect' && unconfirmed === 0;
          assert.equal(await client.exited, inOrder ? DONE : SESSION_LOST);
        }));

      it('we close: all that was sent arrives, and the server forgets the session', () =>
        withBoth(
          {},
          async (client, server) => {
            const { sid } = await client.event('open');
            const messages = Array.from({ length: 200 }, (_, index) => `message ${index}`);
            client.send(...messages);
            client.end();
            assert.equal(await client.exited, DONE);
            assert.deepEqual(client.messages, messages);
            await forgotten(server, sid);
          },
          { linger: '2s', count: 200 },
        ));

      it('a server that stands still: ping timeout', () =>
        withBoth(IMPATIENT, async (client, server) => {
          server.signal('SIGSTOP');
          assert.equal((await client.event('disconnect')).reason, 'ping timeout');
          assert.equal(await client.exited, SESSION_LOST);
        }));

      it('a server that stands still for a moment: the session goes on', () =>
        withBoth({ pingInterval: '300ms' }, async (client, server) => {
          server.signal('SIGSTOP');
          client.send('while it stands still');
          server.signal('SIGCONT');
          assert.deepEqual(await client.reach(1), ['while it stands still']);
        }));

      it('heartbeats keep a silent session open', () =>
        withBoth(
          IMPATIENT,
          async (client) => {
            await client.until(({ log }) => (log.match(/^.*< .*: ping$/gm)?.length >= 5 ? true : undefined));
            client.send('still here');
            assert.deepEqual(await client.reach(1), ['still here']);
          },
          { trace: true },
        ));

      it('a server that is killed', () =>
        withBoth({}, async (client, server) => {
          server.signal('SIGKILL');
          assert.match((await client.event('disconnect')).reason, LOST);
          assert.equal(await client.exited, SESSION_LOST);
        }));

      it('a server that is killed and started again: a new session, and no silence about it', () =>
        withBoth({}, (client, server) => restart(client, server, { peer, transport }), {
          reconnect: true,
          reconnectDelay: '50ms',
        }));
    });
  }
}

async function restart(client, server, { peer, transport }) {
  const first = await client.event('open');
  client.send('before');
  await client.reach(1);
  await server.stop();
  assert.match((await client.event('disconnect')).reason, LOST);
  await client.event('reconnecting', 2);
  const again = await Server.start({ bind: server.authority, mode: 'commands' }, peer);
  try {
    const second = await client.event('open', 2);
    assert.notEqual(second.sid, first.sid);
    await client.on(transport);
    client.send('after');
    assert.deepEqual(await client.reach(2), ['before', 'after']);
  } finally {
    await again.stop();
  }
}

/** Resolves once the server says, each in its own words, that it no longer knows a session. */
async function forgotten(server, sid) {
  const url = `${server.origin}${server.path}?EIO=4&transport=polling&sid=${sid}`;
  const ask = async () => (await fetch(url, { method: 'POST', body: '4' })).text();
  while (!/Session ID unknown|Invalid session/.test(await ask()));
}

describe('no session', { concurrency: true }, () => {
  const refused = (url, flags, words) =>
    withConnect(url, flags, async (client) => {
      assert.equal(await client.exited, NO_SESSION);
      assert.match(client.log, words);
    });

  it('nobody listens', () => refused('http://127.0.0.1:1', {}, /127\.0\.0\.1:1\b.*refused/is));

  for (const [title, { flags }] of Object.entries(ROUTES)) {
    it(`the server rejects, ${title}: its status and words`, () =>
      withServer({ mode: 'commands' }, (server) => refused(`${server.origin}/?reject=418`, flags, /418/)));
  }

  it('the rejection of a polling handshake is told with the body of the answer', () =>
    withServer({ mode: 'commands' }, (server) => refused(`${server.origin}/?reject=418`, {}, /418.*rejected/s)));

  it('no Engine.IO at this address', () =>
    withServer({}, (server) => refused(server.origin, { path: '/healthz' }, /healthz/)));

  it('with retries that are limited', () =>
    withConnect(
      'http://127.0.0.1:1',
      { reconnect: true, reconnectFirst: true, reconnectAttempts: 3, reconnectDelay: '1ms' },
      async (client) => {
        assert.equal(await client.exited, NO_SESSION);
        assert.equal(client.events.filter(({ event }) => event === 'reconnecting').length, 3);
      },
    ));
});
