// The browser build of npm engine.io-client in Chromium, from another origin and from the server's own.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startBrowser, withPage } from '../lib/browser.js';
import { exchange, openOnOriginOf, serveClientPage, talkThroughUpgrade, waitForEnd } from '../lib/client-page.js';
import { TRANSPORTS } from '../lib/peer.js';
import { RawClient } from '../lib/raw.js';
import { withServer } from '../lib/server.js';
import { PollingSession } from '../lib/session.js';

const MIXED = ['text', [1, 2, 3], 'häé€\u{1f980}', '', [], Array.from(Array(256).keys()), 'end'];

let browser;
let site;
before(async () => ([browser, site] = await Promise.all([startBrowser(), serveClientPage()])));
after(async () => {
  site?.stop();
  await browser?.close();
});

/** Where a page can be loaded from, seen from the server: the flags it then needs, and how to load it. */
const PLACES = {
  'another origin': {
    flags: () => ({ cors: site.origin }),
    load: (_, page) => page.goto(site.origin),
  },
  'the same origin': {
    flags: () => ({}),
    load: openOnOriginOf,
  },
};

/** Runs `body(page, server)` with a page loaded from `place`. */
function withClient(place, flags, body) {
  return withServer({ mode: 'commands', ...place.flags(), ...flags }, (server) =>
    withPage(browser, async (page, { context }) => {
      await place.load(server, page);
      await body(page, server, context);
    }),
  );
}

for (const [name, place] of Object.entries(PLACES)) {
  describe(`chromium: engine.io-client from ${name}`, () => {
    for (const [transport, { transports }] of Object.entries(TRANSPORTS)) {
      const until = transports.length > 1 ? 'upgrade' : 'open';

      it(`${transport}: text and binary in one order`, () =>
        withClient(place, {}, async (page, { origin }) => {
          const result = await exchange(page, { origin, options: { transports }, messages: MIXED, until });
          assert.deepEqual(result.received, MIXED);
          assert.equal(result.transport, transports.at(-1));
        }));

      it(`${transport}: large messages, compressed where the browser asks for it`, () =>
        withClient(place, {}, async (page, { origin }) => {
          const messages = ['x'.repeat(999_999), 'y'.repeat(300_000), 'z'.repeat(900_000)];
          const { received } = await exchange(page, { origin, options: { transports }, messages, until });
          assert.deepEqual(received, messages);
        }));

      it(`${transport}: a burst of five thousand`, () =>
        withClient(place, {}, async (page, { origin }) => {
          const options = { transports };
          const { received } = await exchange(page, {
            origin,
            options,
            messages: ['burst 5000'],
            count: 5000,
            until,
          });
          assert.deepEqual(
            received,
            Array.from({ length: 5000 }, (_, index) => `burst ${index}`),
          );
        }));

      it(`${transport}: the server closes`, () =>
        withClient(place, {}, async (page, { origin }) => {
          const end = await waitForEnd(page, { origin, options: { transports }, messages: ['close'] });
          assert.deepEqual(end, { opened: true, reason: 'transport close' });
        }));
    }

    it('twenty upgrades while messages travel', () =>
      withClient(place, {}, async (page, { origin }) => {
        for (let round = 0; round < 20; round += 1) {
          const { sent, received } = await talkThroughUpgrade(page, origin);
          assert.deepEqual(received, sent);
        }
      }));

    it('the connect handler rejects', () =>
      withClient(place, {}, async (page, { origin }) => {
        const polling = await waitForEnd(page, {
          origin,
          options: { transports: ['polling'], query: { reject: 418 } },
        });
        assert.deepEqual(polling, { opened: false, status: 418, reason: 'transport error' });
        const websocket = await waitForEnd(page, {
          origin,
          options: { transports: ['websocket'], query: { reject: 418 } },
        });
        assert.equal(websocket.opened, false);
      }));

    it('pings are answered', () =>
      withClient(place, { pingInterval: '50ms', pingTimeout: '10s' }, async (page, { origin }) => {
        const end = waitForEnd(page, { origin, options: { transports: ['websocket'] } });
        const pong = await page
          .waitForEvent('websocket')
          .then((socket) => socket.waitForEvent('framesent', ({ payload }) => payload === '3'));
        assert.equal(pong.payload, '3');
        await page.close();
        await end.catch(() => {});
      }));
  });
}

describe('chromium: engine.io-client from anywhere, where everybody may', () => {
  for (const [transport, { transports }] of Object.entries(TRANSPORTS)) {
    it(transport, () =>
      withServer({ cors: '*' }, ({ origin }) =>
        withPage(browser, async (page) => {
          await page.goto(site.origin);
          const { received } = await exchange(page, {
            origin,
            options: { transports },
            messages: ['hello', [1, 2]],
          });
          assert.deepEqual(received, ['hello', [1, 2]]);
        }),
      ),
    );
  }
});

describe('chromium: what a page may not do', () => {
  for (const transports of [['polling'], ['websocket']]) {
    it(`a page of another origin is refused by default: ${transports}`, () =>
      withServer({}, (server) =>
        withPage(browser, async (page) => {
          await page.goto(site.origin);
          const end = await waitForEnd(page, { origin: server.origin, options: { transports } });
          assert.equal(end.opened, false);
        }),
      ));
  }

  it('a page that is not listed is refused', () =>
    withServer({ cors: 'http://app.example' }, (server) =>
      withPage(browser, async (page) => {
        await page.goto(site.origin);
        assert.equal((await waitForEnd(page, { origin: server.origin })).opened, false);
      }),
    ));

  it('a page without an origin (a sandboxed frame) is refused, unless everybody may', () =>
    withPage(browser, async (page) => {
      await page.goto(site.origin);
      const answers = [];
      for (const cors of [site.origin, '*']) {
        await withServer({ cors }, async ({ origin }) => answers.push(await fetchFromSandbox(page, origin)));
      }
      assert.deepEqual(answers, ['refused', 200]);
    }));
});

/** What a sandboxed frame, whose origin is `null`, gets for a handshake. */
function fetchFromSandbox(page, origin) {
  return page.evaluate(async (url) => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts';
    frame.srcdoc = `<script>
      fetch(${JSON.stringify(url)}).then((r) => r.status, () => 'refused').then((s) => parent.postMessage(s, '*'));
    </script>`;
    const answer = new Promise((resolve) =>
      addEventListener('message', ({ data }) => resolve(data), { once: true }),
    );
    document.body.append(frame);
    return answer;
  }, `${origin}/engine.io/?EIO=4&transport=polling`);
}

describe('chromium: cookies and tabs', () => {
  it('the cookie is stored, and no script can read it', () =>
    withClient(PLACES['the same origin'], { cookie: 'io' }, async (page, { origin }, context) => {
      const { sid } = await exchange(page, { origin, messages: ['hello'] });
      const [cookie] = await context.cookies();
      const { name, value, httpOnly, sameSite } = cookie;
      assert.deepEqual(
        { name, value, httpOnly, sameSite },
        { name: 'io', value: sid, httpOnly: true, sameSite: 'Lax' },
      );
      assert.equal(await page.evaluate(() => document.cookie), '');
    }));

  it('a listed origin may send credentials', () =>
    withClient(PLACES['another origin'], { cookie: 'io' }, async (page, { origin }, context) => {
      const { sid } = await exchange(page, { origin, options: { withCredentials: true }, messages: ['hello'] });
      assert.deepEqual(
        (await context.cookies()).map(({ value }) => value),
        [sid],
      );
    }));

  for (const transports of [['polling'], ['websocket']]) {
    it(`a tab that is closed: the server forgets its session (${transports})`, () =>
      withClient(
        PLACES['the same origin'],
        { pingInterval: '300ms', pingTimeout: '300ms' },
        async (page, server) => {
          const sid = await page.evaluate(
            (transports) =>
              new Promise((resolve) => {
                const socket = eio(location.origin, { path: '/engine.io', transports });
                socket.on('open', () => resolve(socket.id));
              }),
            transports,
          );
          await page.close();
          const client = new RawClient(server);
          await new PollingSession(client, { sid }).gone().finally(() => client.dispose());
        },
      ));
  }
});
