// Who may talk to the server from a browser: the Origin check, CORS headers, preflights.

import assert from 'node:assert/strict';

import { assertReply, isSpec } from '../lib/replies.js';
import { suite } from '../lib/suite.js';

const FOREIGN = 'http://evil.example';
const LISTED = 'https://app.example';
const PREFLIGHT = [
  ['Access-Control-Request-Method', 'POST'],
  ['Access-Control-Request-Headers', 'content-type,x-token'],
];

const from = (origin) => [['Origin', origin]];

/** Every kind of request, each with the same headers; resolves with the responses by name. */
async function everyKind(client, session, headers) {
  const sid = session.sid;
  return {
    handshake: await client.request({ headers }),
    poll: await session.get({ headers }),
    post: await session.post('4from a foreign page', { headers }),
    preflight: await client.request({ method: 'OPTIONS', headers: [...headers, ...PREFLIGHT] }),
    websocket: await client.refusedHandshake({ headers }),
    upgrade: await client.refusedHandshake({ headers, query: { sid } }),
  };
}

async function assertRefusedEverywhere(client, origin) {
  const session = await client.open();
  for (const response of Object.values(await everyKind(client, session, from(origin)))) {
    assertReply(response, 'origin foreign');
    assert.equal(response.header('access-control-allow-origin'), undefined);
  }
  await session.assertEcho('untouched');
}

async function assertAcceptedEverywhere(client, headers) {
  const session = await client.open({ headers });
  assertReply(await session.post('4a', { headers }), 'post accepted');
  assert.equal((await session.get({ headers })).text, '4a');
  const socket = await client.openSocket({ headers });
  await socket.assertEcho('hello');
}

suite('origin: same origin by default', { mode: 'commands' }, (check) => {
  for (const origin of [FOREIGN, 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'garbage', 'file://']) {
    check(`a foreign one is refused on every kind of request: ${origin}`, (client) =>
      assertRefusedEverywhere(client, origin),
    );
  }

  check('a foreign one is refused before any handler runs', async (client) => {
    const query = { EIO: 4, transport: 'polling', reject: 418 };
    const response = await client.request({ query, headers: from(FOREIGN) });
    assertReply(response, 'origin foreign');
    assert.ok(!response.text.includes('rejected'));
  });

  check('an absent one is accepted', (client) => assertAcceptedEverywhere(client, []));

  check('our own is accepted', (client, { origin }) => assertAcceptedEverywhere(client, from(origin)));

  check('host and port decide, not the scheme: a TLS proxy may stand in front', (client, { authority }) =>
    assertAcceptedEverywhere(client, from(`https://${authority}`)),
  );

  check('forwarded headers are believed from this machine in python style only', async (client) => {
    const forged = [
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'http'],
    ];
    const response = await client.request({ headers: [...from(FOREIGN), ...forged] });
    if (isSpec) assertReply(response, 'origin foreign');
    else assert.equal(response.status, 200);
  });

  check('a preflight without a foreign origin is answered', async (client, { origin }) => {
    assertReply(await client.request({ method: 'OPTIONS' }), 'preflight');
    assertReply(
      await client.request({ method: 'OPTIONS', headers: [...from(origin), ...PREFLIGHT] }),
      'preflight',
    );
  });
});

suite('origin: preflights', { cors: LISTED }, (check) => {
  const QUERIES = ['', 'EIO=3&transport=unknown', 'EIO=4&transport=polling&sid=nobody', 'EIO=4&transport=websocket'];
  for (const query of QUERIES) {
    check(`answered whatever the query: ${query || 'none'}`, async (client) => {
      const headers = [...from(LISTED), ...PREFLIGHT];
      const response = await client.request({ method: 'OPTIONS', query, headers });
      if (isSpec) assertReply(response, 'preflight');
      assert.equal(response.header('access-control-allow-origin'), LISTED);
    });
  }
});

suite('origin: a list', { cors: [LISTED, 'http://other.example:8080'] }, (check) => {
  for (const origin of [FOREIGN, 'null', 'http://app.example', `${LISTED}:444`, `${LISTED}.evil.example`]) {
    check(`not listed: ${origin}`, (client) => assertRefusedEverywhere(client, origin));
  }

  check('listed ones are accepted and named in the reply', async (client) => {
    await assertAcceptedEverywhere(client, from('http://other.example:8080'));
    const { handshake } = await client.open({ headers: from(LISTED) });
    assert.equal(handshake.header('access-control-allow-origin'), LISTED);
    assert.ok(handshake.list('vary').includes('origin'));
  });

  check('error replies carry the CORS headers too', async (client) => {
    const query = { EIO: 4, transport: 'polling', sid: 'nobody' };
    const response = await client.request({ query, headers: from(LISTED) });
    assertReply(response, 'sid unknown', query);
    assert.equal(response.header('access-control-allow-origin'), LISTED);
  });

  check('a preflight names methods and headers', async (client) => {
    const response = await client.request({ method: 'OPTIONS', headers: [...from(LISTED), ...PREFLIGHT] });
    assertReply(response, 'preflight');
    assert.equal(response.header('access-control-allow-origin'), LISTED);
    const methods = response.list('access-control-allow-methods');
    assert.ok(methods.includes('get') && methods.includes('post'), String(methods));
    const headers = response.list('access-control-allow-headers');
    assert.ok(headers.includes('content-type') && headers.includes('x-token'), String(headers));
  });

  check('no origin: no CORS headers', async (client) => {
    const { handshake } = await client.open();
    assert.equal(handshake.header('access-control-allow-origin'), undefined);
  });
});

suite('origin: any', { cors: '*' }, (check) => {
  for (const origin of [FOREIGN, 'null']) {
    check(`accepted: ${origin}`, (client) => assertAcceptedEverywhere(client, from(origin)));
  }

  check('`*` comes together with credentials in python style only', async (client) => {
    const { handshake } = await client.open({ headers: from(FOREIGN) });
    const allowed = handshake.header('access-control-allow-origin');
    assert.ok(allowed === '*' || allowed === FOREIGN, allowed);
    assert.equal(handshake.header('access-control-allow-credentials'), isSpec ? undefined : 'true');
  });
});
