// `engineio bench` as its users run it: figures as text, JSON and a page.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { Command } from '../lib/command.js';
import { Server, withServer } from '../lib/server.js';
import { SERVERS } from '../lib/servers.js';
import { within } from '../lib/within.js';

const PATIENCE_MS = 120_000;

/** Runs the command to its end; resolves with its exit code and what it wrote. */
async function bench(url, flags, body = undefined) {
  const command = new Command(['bench', url], { duration: '1s', ...flags });
  try {
    await body?.(command);
    const code = await within(PATIENCE_MS, command.exited);
    return { code, lines: command.lines, log: command.log };
  } finally {
    await command.stop();
  }
}

/** Runs the command with `--json`; resolves with its figures. */
async function figures(url, flags, code = 0) {
  const result = await bench(url, { json: true, ...flags });
  assert.equal(result.code, code, [...result.lines, result.log].join('\n'));
  return JSON.parse(result.lines[0]);
}

function assertComplete({ messages, sessions, round_trip_us, series, errors }, connections) {
  assert.deepEqual(errors, {});
  assert.equal(sessions.opened, connections);
  assert.ok(messages.sent > connections);
  assert.equal(messages.received, messages.sent);
  assert.equal(round_trip_us.count, messages.received);
  assert.ok(messages.per_second > 0 && series.length > 3);
  const { min, p50, p99, max } = round_trip_us;
  assert.ok(min <= p50 && p50 <= p99 && p99 <= max);
}

describe('engineio bench: every transport, against every server', () => {
  for (const [name, peer] of Object.entries(SERVERS)) {
    it(`${name}: --transport mix`, () =>
      withServer(
        { mode: 'commands' },
        async (server) => {
          const result = await figures(server.origin, { transport: 'mix', connections: 6, pipeline: 4 });
          assertComplete(result, 6);
          assert.equal(result.sessions.upgraded, 2);
        },
        peer,
      ));
  }
});

describe('engineio bench: options', { concurrency: 2 }, () => {
  const cases = {
    'one message at a time, the default': {},
    'binary, and large': { size: 50_000, binary: true, connections: 2 },
    'polling': { transport: 'polling' },
    'a ramp': { ramp: '500ms' },
    'one thread': { workers: 1 },
  };
  for (const [title, flags] of Object.entries(cases)) {
    it(title, () =>
      withServer({}, async (server) =>
        assertComplete(await figures(server.origin, { connections: 4, ...flags }), flags.connections ?? 4),
      ),
    );
  }

  it('--rate: no more than asked for, however fast they come back', () =>
    withServer({}, async (server) => {
      const result = await figures(server.origin, { rate: 200, connections: 4, duration: '2s' });
      assertComplete(result, 4);
      // On a machine that stands still for a moment it is fewer; without a rate it would be thousands.
      const { sent } = result.messages;
      assert.ok(sent >= 100 && sent <= 404, `${sent} messages`);
    }));

  it('--idle: sessions and no messages', () =>
    withServer({ pingInterval: '200ms', pingTimeout: '5s' }, async (server) => {
      const result = await figures(server.origin, { idle: true, connections: 50, ramp: '200ms' });
      assert.equal(result.sessions.opened, 50);
      assert.deepEqual([result.messages.sent, result.round_trip_us], [0, null]);
      assert.equal(result.opening_us.count, 50);
      assert.equal(result.series.at(-1).open, 50);
    }));

  it('text, and no progress where there is no terminal', () =>
    withServer({}, async (server) => {
      const { code, lines, log } = await bench(server.origin, { connections: 2 });
      assert.equal(code, 0);
      assert.equal(log, '');
      for (const words of [/messages\/s/, /round trip.*mean/, /99\.9 %/, /sessions opened +2/]) {
        assert.match(lines.join('\n'), words);
      }
    }));

  it('Ctrl-C ends the measurement, which is reported', () =>
    withServer({}, async (server) => {
      const { code, lines } = await bench(server.origin, { json: true, idle: true, duration: '1h' }, async (command) => {
        await within(PATIENCE_MS, sessionsOf(server, 10));
        command.signal('SIGINT');
      });
      assert.equal(code, 0);
      assert.equal(JSON.parse(lines[0]).sessions.lost, 0);
    }));
});

/** Resolves once the server has that many connections. */
async function sessionsOf(server, count) {
  const { openSockets } = await import('../lib/resources.js');
  while ((await openSockets(server)) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('engineio bench: what goes wrong is told', { concurrency: 2 }, () => {
  it('nobody listens', async () => {
    const { code, lines } = await bench('http://127.0.0.1:1', { connections: 3 });
    assert.equal(code, 3);
    assert.match(lines.join('\n'), /3 × .*refused/);
  });

  it('the server is killed', () =>
    withServer({}, async (server) => {
      const result = bench(server.origin, { duration: '20s', connections: 3 });
      await sessionsOf(server, 4);
      await server.stop();
      const { code, lines } = await result;
      assert.ok(code === 1 || code === 3);
      assert.match(lines.join('\n'), /sessions (lost|failed) +3/);
    }));

  it('a server that sends nothing back', () =>
    withServer({ mode: 'chat' }, async (server) => {
      const flags = { connections: 1, replyTimeout: '200ms' };
      const result = await figures(server.origin, flags, 1);
      assert.ok(result.messages.missing > 0);
      assert.equal(result.messages.received, 0);
    }));

  it('a server that sends what nobody sent', () =>
    withServer({ mode: 'broadcast' }, async (server) => {
      const result = await figures(server.origin, { connections: 2, rate: 100 }, 1);
      assert.ok(result.messages.unexpected > 0);
    }));

  for (const [flags, words] of [
    [{ size: 3 }, /at least 16/],
    [{ connections: 0 }, /connections/],
    [{ rate: 5, pipeline: 2 }, /cannot be used with/],
    [{ transport: 'pigeon' }, /pigeon/],
  ]) {
    it(`the command line: ${JSON.stringify(flags)}`, async () => {
      const { code, log } = await bench('http://127.0.0.1:1', flags);
      assert.equal(code, 2);
      assert.match(log, words);
    });
  }
});

describe('engineio bench: --html', () => {
  it('a page that needs nothing else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'engineio-bench-'));
    const server = await Server.start({});
    try {
      const html = join(directory, 'page.html');
      assert.equal((await bench(server.origin, { html, connections: 3 })).code, 0);
      const page = await readFile(html, 'utf8');
      assert.equal(page.match(/<svg/g).length, 5);
      assert.doesNotMatch(page, /(src|href)=|url\(|NaN|\{\{/);
    } finally {
      await server.stop();
      await rm(directory, { recursive: true });
    }
  });
});
