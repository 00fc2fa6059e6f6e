// A page that holds the browser build of engine.io-client and nothing else, on any origin.

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE = dirname(createRequire(import.meta.url).resolve('engine.io-client/package.json'));
const SCRIPT = await readFile(join(PACKAGE, 'dist/engine.io.min.js'), 'utf8');
const HTML = `<!doctype html><meta charset="utf-8"><title>client</title><script>${SCRIPT}</script>`;

/** Serves the page on an origin of its own; resolves with `origin` and `stop()`. */
export async function serveClientPage() {
  const server = http.createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(HTML);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** Brings the client into a page of the server's own, which need not know of it. */
export async function openOnOriginOf(server, page) {
  await page.goto(`${server.origin}/healthz`);
  await page.evaluate(SCRIPT);
}

/**
 * Connects, sends `messages`, waits for `count` messages, and closes. Messages are strings, or arrays of bytes.
 * Resolves with the messages that came, the transport in the end, and the session id.
 */
export function exchange(page, { origin, options = {}, messages = [], count = messages.length, until = 'open' }) {
  return page.evaluate(exchangeInPage, { origin, options, messages, count, until });
}

async function exchangeInPage({ origin, options, messages, count, until }) {
  const socket = eio(origin, { path: '/engine.io', ...options });
  socket.binaryType = 'arraybuffer';
  const received = [];
  await new Promise((resolve, reject) => {
    const finish = () => received.length >= count && resolve();
    socket.on('close', (reason, detail) => reject(new Error(`closed: ${reason} ${detail?.description ?? ''}`)));
    socket.on('message', (data) => {
      // The client hands an empty text message over as `undefined`.
      received.push(data instanceof ArrayBuffer ? Array.from(new Uint8Array(data)) : (data ?? ''));
      finish();
    });
    socket.on(until, () => {
      for (const data of messages) socket.send(typeof data === 'string' ? data : Uint8Array.from(data).buffer);
      finish();
    });
  });
  const result = { received, transport: socket.transport.name, sid: socket.id };
  socket.off('close');
  socket.close();
  return result;
}

/**
 * Talks from the first moment until well after the upgrade; resolves with what was sent and what came back.
 */
export function talkThroughUpgrade(page, origin) {
  return page.evaluate(talkInPage, origin);
}

async function talkInPage(origin) {
  const socket = eio(origin, { path: '/engine.io' });
  const [sent, received] = [[], []];
  const send = () => {
    sent.push(`message ${sent.length}`);
    socket.send(sent.at(-1));
  };
  await new Promise((resolve, reject) => {
    socket.on('close', (reason) => reject(new Error(`closed: ${reason}`)));
    let timer;
    socket.on('open', () => (timer = setInterval(send, 1)));
    socket.on('upgrade', () => {
      for (let count = 0; count < 20; count += 1) send();
      clearInterval(timer);
    });
    socket.on('message', (data) => {
      received.push(data);
      if (socket.transport.name === 'websocket' && received.length === sent.length) resolve();
    });
  });
  socket.off('close');
  socket.close();
  return { sent, received };
}

/** Connects and waits for the end; resolves with `error` (status, if any) or with the reason of the close. */
export function waitForEnd(page, { origin, options = {}, messages = [] }) {
  return page.evaluate(waitInPage, { origin, options, messages });
}

async function waitInPage({ origin, options, messages }) {
  const socket = eio(origin, { path: '/engine.io', ...options });
  const end = { opened: false };
  socket.on('open', () => {
    end.opened = true;
    for (const data of messages) socket.send(data);
  });
  socket.on(
    'error',
    ({ description }) => (end.status = typeof description === 'number' ? description : undefined),
  );
  end.reason = await new Promise((resolve) => socket.on('close', resolve));
  return end;
}
