// Our client over TLS: a private CA, a client certificate, and what must not be accepted.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ROUTES, withConnect } from '../lib/connect.js';
import { withHttpProxy } from '../lib/proxies.js';
import { Server } from '../lib/server.js';
import { Certificates, withTls } from '../lib/tls.js';

const NO_SESSION = 3;

let server;
let certificates;
before(async () => {
  certificates = new Certificates();
  server = await Server.start({});
});
after(async () => {
  certificates?.remove();
  await server?.stop();
});

const trusting = () => ({ cacert: certificates.file('ca.crt') });
const identified = (name) => ({ cert: certificates.file(`${name}.crt`), key: certificates.file(`${name}.key`) });

async function converse(client, transport) {
  await client.on(transport);
  client.send('hello');
  assert.deepEqual(await client.reach(1), ['hello']);
}

for (const [title, { flags, transport }] of Object.entries(ROUTES)) {
  describe(`TLS: ${title}`, { concurrency: true }, () => {
    const withRelay = (options, body) => withTls(server, certificates, options, body);

    const refused = (url, more, words) =>
      withConnect(url, { ...flags, ...more }, async (client) => {
        assert.equal(await client.exited, NO_SESSION);
        assert.match(client.log, words);
      });

    it('a private CA, by name and by address', () =>
      withRelay({}, async ({ port }) => {
        for (const url of [`https://localhost:${port}`, `wss://127.0.0.1:${port}`]) {
          await withConnect(url, { ...flags, ...trusting() }, (client) => converse(client, transport));
        }
      }));

    it('a client certificate, on every connection', () =>
      withRelay({ clientCertificate: true }, ({ port, clients }) =>
        withConnect(`https://localhost:${port}`, { ...flags, ...trusting(), ...identified('client') }, async (client) => {
          await converse(client, transport);
          assert.ok(clients.length > 0);
          assert.deepEqual([...new Set(clients)], ['client']);
        }),
      ));

    it('through a proxy', () =>
      withRelay({}, ({ port }) =>
        withHttpProxy(({ url, seen }) =>
          withConnect(`https://localhost:${port}`, { ...flags, ...trusting(), proxy: url }, async (client) => {
            await converse(client, transport);
            assert.deepEqual([...new Set(seen)], [`CONNECT localhost:${port}`]);
          }),
        ),
      ));

    it('a front end that prefers HTTP/2', () =>
      withRelay({ alpn: ['h2', 'http/1.1'] }, ({ port }) =>
        withConnect(`https://localhost:${port}`, { ...flags, ...trusting() }, (client) => converse(client, transport)),
      ));

    it('a CA that nobody knows', () =>
      withRelay({}, ({ port }) => refused(`https://localhost:${port}`, {}, /certificate|issuer/i)));

    it('a name that the certificate does not have', () =>
      withRelay({}, ({ port }) => refused(`https://127.0.0.2:${port}`, trusting(), /127\.0\.0\.2/)));

    it('a server that wants a certificate and gets none, or that of a stranger', () =>
      withRelay({ clientCertificate: true }, async ({ port }) => {
        await refused(`https://localhost:${port}`, trusting(), /certificate|alert/i);
        await refused(`https://localhost:${port}`, { ...trusting(), ...identified('stranger') }, /localhost/);
      }));

    it('anything, for those who want danger', () =>
      withRelay({}, ({ port }) =>
        withConnect(`https://127.0.0.1:${port}`, { ...flags, dangerAcceptInvalidCerts: true }, (client) =>
          converse(client, transport),
        ),
      ));
  });
}
