// The page that the server shows at `/`, driven as a person would drive it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startBrowser, withPage } from '../lib/browser.js';
import { withServer } from '../lib/server.js';

const FILE = Buffer.from([0x89, 0x50, 0, 0xff, 0xfe, 1, 2, 3]);

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

/** Runs `body` with the page of a server, once it says that it is open. */
function withConsole(flags, body) {
  return withServer(flags, (server) =>
    withPage(browser, async (page, { context, faults }) => {
      await page.goto(server.origin);
      await seeText(page, '#status', 'open');
      await body(page, { server, context });
      assert.deepEqual(faults, []);
    }),
  );
}

/** Resolves when an element shows exactly `text`. */
function seeText(page, selector, text) {
  return page.waitForFunction(
    ([selector, text]) => document.querySelector(selector).textContent.trim() === text,
    [selector, text],
  );
}

/** Resolves when the log holds a message of this direction and kind that contains `text`. */
function seeMessage(page, { direction, kind, text = '' }) {
  const rows = `#log li[data-direction="${direction}"][data-kind="${kind}"]`;
  return page.locator(rows).filter({ hasText: text }).first().waitFor({ state: 'attached' });
}

async function sendText(page, text) {
  await page.fill('#message', text);
  await page.click('#send');
}

describe('chromium: the page at /', () => {
  it('connects, and upgrades to a WebSocket', () =>
    withConsole({}, async (page) => {
      await seeText(page, '#transport', 'websocket');
      assert.match(await page.textContent('#sid'), /^[\w-]{6,}…?$/);
    }));

  it('sends text, shows the echo and the round trip', () =>
    withConsole({}, async (page) => {
      await sendText(page, 'hello <b>there</b> €');
      await seeMessage(page, { direction: 'out', kind: 'text', text: 'hello <b>there</b> €' });
      await seeMessage(page, { direction: 'in', kind: 'text', text: 'hello <b>there</b> €' });
      assert.equal(await page.locator('#log b').count(), 0, 'messages are text, never markup');
      await page.waitForFunction(() => /\d/.test(document.querySelector('#rtt').textContent));
    }));

  it('sends a file as a binary message, and shows what comes back', () =>
    withConsole({}, async (page) => {
      await page.setInputFiles('#file', { name: 'small.bin', mimeType: 'application/octet-stream', buffer: FILE });
      await seeMessage(page, { direction: 'out', kind: 'binary' });
      await seeMessage(page, { direction: 'in', kind: 'binary' });
    }));

  it('two pages: in chat mode a message reaches the other one only', () =>
    withConsole({ mode: 'chat' }, async (page, { server, context }) => {
      const other = await context.newPage();
      await other.goto(server.origin);
      await seeText(other, '#status', 'open');
      await sendText(page, 'to the other one');
      await seeMessage(other, { direction: 'in', kind: 'text', text: 'to the other one' });
      await sendText(other, 'and back');
      await seeMessage(page, { direction: 'in', kind: 'text', text: 'and back' });
      assert.equal(await page.locator('#log li[data-direction="in"]').count(), 1);
    }));

  it('stays on polling where upgrades are off, and works there', () =>
    withConsole({ noUpgrades: true }, async (page) => {
      await seeText(page, '#transport', 'polling');
      await sendText(page, 'by polling');
      await seeMessage(page, { direction: 'in', kind: 'text', text: 'by polling' });
    }));

  it('finds an endpoint at another path', () =>
    withConsole({ path: '/somewhere/else/' }, async (page) => {
      await sendText(page, 'hello');
      await seeMessage(page, { direction: 'in', kind: 'text', text: 'hello' });
    }));

  it('keeps the connection over many pings', () =>
    withConsole({ pingInterval: '100ms', pingTimeout: '5s' }, async (page) => {
      await seeText(page, '#transport', 'websocket');
      await page.reload();
      const socket = await page.waitForEvent('websocket');
      for (let count = 0; count < 5; count += 1)
        await socket.waitForEvent('framesent', ({ payload }) => payload === '3');
      assert.equal((await page.textContent('#status')).trim(), 'open');
    }));

  it('says so when the server ends', () =>
    withConsole({}, async (page, { server }) => {
      await seeText(page, '#transport', 'websocket');
      server.signal('SIGTERM');
      await page.waitForFunction(() => document.querySelector('#status').textContent.trim() !== 'open');
      assert.deepEqual(await server.exited, { code: 0, signal: null });
    }));
});
