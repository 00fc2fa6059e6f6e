// Our client through real proxies: both transports take the same way.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ROUTES, withConnect } from '../lib/connect.js';
import { withHttpProxy, withSocksProxy } from '../lib/proxies.js';
import { withServer } from '../lib/server.js';

const LOGIN = 'me:secret';
const NO_SESSION = 3;

async function converse(client, transport) {
  await client.on(transport);
  client.send('hello', Buffer.of(1, 2, 3));
  assert.deepEqual(await client.reach(2), ['hello', Buffer.of(1, 2, 3)]);
}

for (const [title, { flags, transport }] of Object.entries(ROUTES)) {
  describe(`proxies: ${title}`, { concurrency: true }, () => {
    for (const login of [undefined, LOGIN]) {
      const credentials = login ? 'with credentials' : 'without credentials';

      it(`HTTP, ${credentials}`, () =>
        withServer({}, (server) =>
          withHttpProxy(
            (proxy) =>
              withConnect(server.origin, { ...flags, proxy: proxy.url }, async (client) => {
                await converse(client, transport);
                assert.ok(proxy.seen.length > 0);
                for (const request of proxy.seen) assert.match(request, new RegExp(server.authority));
              }),
            login,
          ),
        ));

      it(`SOCKS5, ${credentials}`, () =>
        withServer({}, (server) =>
          withSocksProxy(
            (proxy) =>
              withConnect(server.origin, { ...flags, proxy: proxy.url }, async (client) => {
                await converse(client, transport);
                assert.match(proxy.log(), new RegExp(`connected to ${server.authority}`));
              }),
            login,
          ),
        ));
    }

    it('the proxy of the environment, and NO_PROXY', () =>
      withServer({}, (server) =>
        withHttpProxy(async (proxy) => {
          const environment = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, no_proxy: '', NO_PROXY: '' };
          await withConnect(server.origin, flags, (client) => converse(client, transport), environment);
          const seen = proxy.seen.length;
          assert.ok(seen > 0);
          const exempt = { ...environment, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
          await withConnect(server.origin, flags, (client) => converse(client, transport), exempt);
          await withConnect(
            server.origin,
            { ...flags, proxy: 'none' },
            (client) => converse(client, transport),
            environment,
          );
          assert.equal(proxy.seen.length, seen);
        }),
      ));

    it('a proxy that wants credentials: its answer, and no secrets in it', () =>
      withServer({}, (server) =>
        withHttpProxy((proxy) => {
          const url = proxy.url.replace('secret', 'wrong');
          return withConnect(server.origin, { ...flags, proxy: url }, async (client) => {
            assert.equal(await client.exited, NO_SESSION);
            assert.match(client.log, /407|authorization required/);
            assert.doesNotMatch(client.log, /wrong/);
          });
        }, LOGIN),
      ));

    it('a proxy that is not there', () =>
      withServer({}, (server) =>
        withConnect(server.origin, { ...flags, proxy: 'socks5h://127.0.0.1:1' }, async (client) => {
          assert.equal(await client.exited, NO_SESSION);
          assert.match(client.log, /proxy/i);
        }),
      ));
  });
}
