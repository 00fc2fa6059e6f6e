// `engineio serve` as an operator uses it: flags, refusals, signals, logs, the files besides the endpoint.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Command } from '../lib/command.js';
import { RawClient } from '../lib/raw.js';
import { openSockets, threadCount } from '../lib/resources.js';
import { withServer } from '../lib/server.js';
import { runCase } from '../lib/suite.js';
import { within } from '../lib/within.js';

const run = promisify(execFile);
const PATIENCE_MS = 90_000;
/** Less than what the server waits for a client that was not told to come. */
const AT_ONCE_MS = 20_000;
/** Descriptors that the server may have in the case about them. */
const DESCRIPTORS = 40;

/** Flags that make no sense -> what the refusal says is accepted. */
const REFUSED = [
  [{ bind: 'localhost' }, /--bind.*expected an IP address and a port, as in 127\.0\.0\.1:3000/],
  [{ bind: '127.0.0.1:65536' }, /--bind.*expected an IP address and a port/],
  [{ path: '/engine io/' }, /--path.*expected the path part of a URL/],
  [{ path: '/a?b' }, /--path.*expected the path part of a URL/],
  [{ mode: 'reverse' }, /--mode.*echo, broadcast, chat, commands/s],
  [{ pingInterval: '0s' }, /--ping-interval.*expected more than zero and at most 24 hours, as in 300ms or 25s/],
  [{ grace: '0s' }, /--grace.*expected more than zero and at most 24 hours, as in 300ms or 25s/],
  [{ pingInterval: '25' }, /--ping-interval.*as in 300ms or 25s/],
  [{ pingTimeout: '25h' }, /--ping-timeout.*expected more than zero and at most 24 hours/],
  [{ upgradeTimeout: 'soon' }, /--upgrade-timeout.*as in 300ms or 25s/],
  [{ maxPayload: 0 }, /--max-payload.*expected a number of bytes, at least 1/],
  [{ maxPayload: '1MB' }, /--max-payload.*expected a number of bytes, at least 1/],
  [{ transports: 'polling,webtransport' }, /--transports.*"webtransport".*expected polling or websocket/],
  [{ transports: '' }, /--transports.*expected polling or websocket/],
  [{ cors: 'app.example' }, /--cors.*expected `\*`, `null`, or scheme:\/\/host/],
  [{ cors: 'https://app.example/path' }, /--cors.*as in https:\/\/app\.example/],
  [{ cookie: 'a;b' }, /--cookie.*expected letters, digits/],
  [{ workers: 0 }, /--workers.*expected a number of threads, 1 to 1024/],
  [{ workers: 100_000 }, /--workers.*expected a number of threads, 1 to 1024/],
  [{ maxSessions: 0 }, /--max-sessions.*expected a number of sessions, at least 1/],
  [{ log: 'verbose' }, /--log.*expected off, error, warn, info, debug, trace/],
  [{ pingIntervall: '25s' }, /--ping-intervall.*--ping-interval/s],
];

/** Runs `engineio serve` where it is expected to end by itself. */
async function serve(flags) {
  const command = new Command(['serve'], { bind: '127.0.0.1:0', ...flags });
  try {
    return { code: await within(PATIENCE_MS, command.exited), lines: command.lines, log: command.log };
  } finally {
    await command.stop();
  }
}

describe('engineio serve: refusals', { concurrency: true }, () => {
  for (const [flags, words] of REFUSED) {
    it(JSON.stringify(flags), async () => {
      const { code, lines, log } = await serve(flags);
      assert.deepEqual({ code, lines }, { code: 2, lines: [] });
      assert.match(log, /^error: /);
      assert.match(log, words);
    });
  }

  it('an address in use: exit 1, and the address is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const bind = `127.0.0.1:${other.address().port}`;
    const { code, lines, log } = await serve({ bind });
    other.close();
    assert.deepEqual({ code, lines }, { code: 1, lines: [] });
    assert.match(log, new RegExp(`^error: cannot listen on ${bind}: .*in use`));
  });
});

describe('engineio serve: flags', { concurrency: true }, () => {
  it('help names every flag', async () => {
    const command = new Command(['help', 'serve']);
    assert.equal(await command.exited, 0);
    const flags = command.lines.join('\n').match(/--[a-z][a-z-]+/g);
    const documented =
      '--bind --path --mode --ping-interval --ping-timeout --upgrade-timeout --max-payload --transports --no-upgrades ' +
      '--cors --no-compression --cookie --workers --max-sessions --log';
    for (const flag of documented.split(' ')) assert.ok(flags.includes(flag), flag);
  });

  it('port 0 picks one, and the first line names it: on an IPv6 address too', async () => {
    const command = new Command(['serve'], { bind: '[::1]:0' });
    const line = await within(PATIENCE_MS, command.until(({ lines }) => lines[0]));
    const [, port] = /^listening on http:\/\/\[::1\]:(\d+)\/engine\.io\/$/.exec(line);
    assert.equal((await fetch(`http://[::1]:${port}/healthz`)).status, 200);
    command.signal('SIGTERM');
    assert.equal(await within(PATIENCE_MS, command.exited), 0);
    assert.deepEqual(command.lines, [line]);
  });

  for (const path of ['/chat/', 'chat', '/chat']) {
    it(`a path of "${path}" is /chat/, also for the page`, () =>
      withServer({ path }, async (server) => {
        assert.equal(server.path, '/chat/');
        await runCase(server, async (client) => {
          await (await client.open()).assertEcho('hello');
          assert.match((await client.get('/')).text, /data-path="\/chat\/"/);
        });
      }));
  }

  it('workers: one is the only thread', () =>
    withServer({ workers: 1 }, async (server) => {
      assert.equal(await threadCount(server), 1);
      await runCase(server, async (client) => (await client.open()).assertEcho('hello'));
    }));

  it('workers: three move bytes', () =>
    withServer({ workers: 3 }, async (server) => assert.equal(await threadCount(server), 4)));
});

describe('engineio serve: logs', { concurrency: true }, () => {
  /** What is logged about a session that ends, a refused request, and the end of the server. */
  async function logOf(flags, environment = {}) {
    const command = new Command(['serve'], { bind: '127.0.0.1:0', ...flags }, environment);
    const line = await within(PATIENCE_MS, command.until(({ lines }) => lines[0]));
    const url = `${line.slice('listening on '.length)}?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
    assert.equal((await fetch(`${url}&sid=${sid}`, { method: 'POST', body: 'x' })).status, 400);
    assert.equal((await fetch(`${url}&sid=${sid}`)).status, 400);
    command.signal('SIGTERM');
    assert.equal(await within(PATIENCE_MS, command.exited), 0);
    assert.equal(command.lines.length, 1, 'logs go to standard error');
    return { log: command.log, sid };
  }

  it('nothing where nothing is wrong', async () => assert.equal((await logOf({})).log, ''));

  it('a foreign origin: one warning with the origin and the option', () =>
    withServer({}, async (server) => {
      const client = new RawClient(server);
      for (const origin of ['http://evil.example', 'http://other.example']) {
        assert.equal((await client.request({ headers: [['Origin', origin]] })).status, 403);
      }
      server.signal('SIGTERM');
      await within(PATIENCE_MS, server.exited);
      assert.match(server.log, /^.* WARN .*http:\/\/evil\.example.*`--cors`.*\n$/);
      client.dispose();
    }));

  it('debug: sessions with their reasons, by a prefix of their id', async () => {
    const { log, sid } = await logOf({ log: 'debug' });
    assert.ok(log.includes(`sid=${sid.slice(0, 6)}…`), log);
    assert.match(log, /session closed.*reason=parse error/);
  });

  it('trace: no session id is whole anywhere', async () => {
    const { log, sid } = await logOf({ log: 'trace' });
    assert.ok(log.includes(sid.slice(0, 6)) && !log.includes(sid), log);
  });

  it('RUST_LOG counts where --log is not given', async () => {
    const environment = { RUST_LOG: 'engineio=info' };
    assert.match((await logOf({}, environment)).log, /request refused/);
    assert.equal((await logOf({ log: 'off' }, environment)).log, '');
  });
});

describe('engineio serve: signals', { concurrency: true }, () => {
  /** Resolves once the server turns new clients away. */
  async function draining(client) {
    while ((await client.request()).status !== 503);
  }

  it('a client that never comes back does not keep it for ever', () =>
    withServer({}, async (server) => {
      const client = new RawClient(server);
      await client.open();
      server.signal('SIGTERM');
      assert.deepEqual(await within(PATIENCE_MS, server.exited), { code: 0, signal: null });
      assert.match(server.log, /grace is over/);
      client.dispose();
    }));

  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`a second ${signal} ends it at once`, () =>
      withServer({ grace: '60s' }, async (server) => {
        const client = new RawClient(server);
        await client.open();
        server.signal(signal);
        await draining(client);
        server.signal(signal);
        assert.deepEqual(await within(AT_ONCE_MS, server.exited), { code: 0, signal: null });
        assert.match(server.log, /stopping at once/);
        assert.doesNotMatch(server.log, /grace is over/);
        client.dispose();
      }));
  }
});

describe('engineio serve: descriptors', () => {
  it('without any left it waits: sessions go on, and new ones are taken when some are free again', () =>
    withServer({ workers: 1 }, async (server) => {
      await run('prlimit', ['--pid', String(server.pid), `--nofile=${DESCRIPTORS}`]);
      const client = new RawClient(server);
      const session = await client.openSocket();
      const idle = await Promise.all(Array.from({ length: 2 * DESCRIPTORS }, () => client.connect()));
      while (!server.log.includes('cannot accept connections')) await session.assertEcho('still served');
      assert.ok((await openSockets(server)) <= DESCRIPTORS);
      for (const connection of idle) connection.destroy();
      await (await client.open()).assertEcho('taken again');
      await session.assertEcho('still there');
      client.dispose();
    }));
});

describe('engineio serve: sessions', () => {
  it('a limit on them: 503 and Retry-After on both transports, the old ones go on, a place that is free is given', () =>
    withServer({ maxSessions: 2, transports: 'polling,websocket' }, async (server) => {
      const client = new RawClient(server);
      const [polling, socket] = [await client.open(), await client.openSocket()];
      for (const refused of [await client.request(), await client.refusedHandshake()]) {
        assert.equal(refused.status, 503);
        assert.match(refused.header('retry-after'), /^\d+$/);
        assert.deepEqual(refused.json, { code: 3, message: 'Service unavailable' });
      }
      await polling.assertEcho('still here');
      await socket.assertEcho('still here');
      await polling.send('1');
      // The place is free once the session's last handler is done.
      let status;
      do ({ status } = await client.request());
      while (status === 503);
      assert.equal(status, 200);
      client.dispose();
    }));
});

describe('engineio serve: the files besides the endpoint', () => {
  /** Runs one case after the other against one server. */
  const withFiles = (body) => withServer({}, (server) => runCase(server, body));

  it('the page loads nothing from elsewhere, and no script of anybody else', () =>
    withFiles(async (client) => {
      const page = await client.get('/');
      assert.equal(page.status, 200);
      assert.match(page.header('content-type'), /^text\/html; charset=utf-8$/);
      assert.match(page.header('content-security-policy'), /default-src 'none'; script-src 'self'/);
      assert.equal(page.header('x-content-type-options'), 'nosniff');
      const names = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, name]) => name);
      assert.ok(names.length > 2, page.text);
      for (const name of names) {
        assert.match(name, /^page\//);
        assert.equal((await client.get(`/${name}`)).status, 200, name);
      }
    }));

  it('GET /healthz answers 200', () =>
    withFiles(async (client) => {
      const { status, text } = await client.get('/healthz');
      assert.deepEqual({ status, text }, { status: 200, text: 'ok\n' });
    }));

  it('HEAD has no body, other methods get 405, other paths 404', () =>
    withFiles(async (client) => {
      const head = await client.request({ method: 'HEAD', target: '/healthz' });
      assert.deepEqual({ status: head.status, length: head.body.length }, { status: 200, length: 0 });
      const post = await client.request({ method: 'POST', target: '/', body: 'x' });
      assert.deepEqual({ status: post.status, allow: post.header('allow') }, { status: 405, allow: 'GET, HEAD' });
      for (const path of ['/page/', '/page/page.html', '/healthz/', '/favicon.ico']) {
        assert.equal((await client.get(path)).status, 404, path);
      }
    }));
});
