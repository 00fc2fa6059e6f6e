// `engineio connect` as scripts use it: lines in, lines out, exit codes.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';

import { Command } from '../lib/command.js';
import { withRelay } from '../lib/recorder.js';
import { withServer } from '../lib/server.js';
import { within } from '../lib/within.js';

const PATIENCE_MS = 90_000;

/** Runs the command against a server of its own. */
function connect(flags, body, serverFlags = { mode: 'commands' }) {
  return withServer(serverFlags, (server) => run(server.origin, flags, (command) => body(command, server)));
}

async function run(url, flags, body, words = []) {
  const command = new Command(['connect', url, ...words], flags);
  try {
    return await within(PATIENCE_MS, body(command));
  } catch (error) {
    if (error instanceof Error) error.message += `\n--- the command ---\n${command.log}`;
    throw error;
  } finally {
    await command.stop();
  }
}

async function assertExit(command, code, words = /^/) {
  assert.equal(await command.exited, code, command.log);
  assert.match(command.log, words);
}

describe('engineio connect: lines', { concurrency: true }, () => {
  for (const flags of [{}, { transports: 'polling' }, { transports: 'websocket' }, { noUpgrade: true }]) {
    it(`each line is a message, each message is a line: ${JSON.stringify(flags)}`, () =>
      connect({ count: 4, ...flags }, async (command) => {
        command.write('one', '', 'b:AQI=', 'häé€\u{1f980}');
        await assertExit(command, 0);
        assert.deepEqual(command.lines, ['one', '', 'b:AQI=', 'häé€\u{1f980}']);
      }));
  }

  it('binary messages are printed as `b:` and base64', () =>
    connect({ count: 1 }, async (command) => {
      command.write('send 3');
      await assertExit(command, 0);
      assert.deepEqual(command.lines, ['b:q6ur']);
    }));

  it('--binary: `b:` and base64 is sent as a binary message, and comes back as one', () =>
    connect({ count: 2, binary: true, json: true }, async (command) => {
      command.write('b:AQI=', 'text');
      await assertExit(command, 0);
      const messages = command.lines.map(JSON.parse).filter(({ event }) => event === 'message');
      assert.deepEqual(messages, [
        { event: 'message', binary: 'AQI=' },
        { event: 'message', text: 'text' },
      ]);
    }));

  it('--binary: what is no base64 is an error', () =>
    connect({ binary: true }, async (command) => {
      command.write('b:?');
      await assertExit(command, 4, /base64/);
    }));

  it('nothing but messages is on standard output', () =>
    connect({ count: 1 }, async (command) => {
      await command.until(({ log }) => log.includes('upgraded to websocket') || undefined);
      command.write('only this');
      await assertExit(command, 0, /open over polling/);
      assert.deepEqual(command.lines, ['only this']);
    }));

  it('messages are shown as they come, not when there are enough', () =>
    connect({}, async (command) => {
      for (const line of ['one', 'two', 'three']) {
        command.write(line);
        await command.until(({ lines }) => lines.at(-1) === line || undefined);
      }
    }));

  it('ten thousand lines, all of them and in order', () =>
    connect({ count: 10_000 }, async (command) => {
      const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
      command.write(...lines);
      command.end();
      await assertExit(command, 0);
      assert.deepEqual(command.lines, lines);
    }));

  it('--json: one object for each event', () =>
    connect({ json: true }, async (command) => {
      const seen = (kind) =>
        command.until(({ lines }) => lines.map(JSON.parse).find(({ event }) => event === kind));
      const open = await seen('open');
      assert.deepEqual(Object.keys(open).sort(), [
        'event', 'max_payload', 'ping_interval_ms', 'ping_timeout_ms', 'sid', 'transport', 'upgrades',
      ]);
      assert.deepEqual(open.upgrades, ['websocket']);
      assert.deepEqual(await seen('upgrade'), { event: 'upgrade', transport: 'websocket' });
      command.write('hello', 'close');
      assert.deepEqual(await seen('message'), { event: 'message', text: 'hello' });
      const { reason, unconfirmed, reconnects } = await seen('disconnect');
      assert.deepEqual({ reason, unconfirmed, reconnects }, { reason: 'server disconnect', unconfirmed: 0, reconnects: false });
      await assertExit(command, 0);
    }));
});

describe('engineio connect: when it ends', { concurrency: true }, () => {
  it('--count: as soon as they have come, whatever the input does', () =>
    connect({ count: 2 }, async (command) => {
      command.write('burst 5');
      await assertExit(command, 0);
      assert.deepEqual(command.lines, ['burst 0', 'burst 1']);
    }));

  it('--count: not before they have come, even when the input has ended', () =>
    connect({ count: 2 }, async (command, server) => {
      command.write('one');
      command.end();
      await command.until(({ lines }) => lines.length === 1 || undefined);
      await run(server.origin, { count: 1 }, async (other) => {
        other.write('from another');
        await assertExit(other, 0);
      });
      await assertExit(command, 0);
      assert.deepEqual(command.lines, ['one', 'from another']);
    }, { mode: 'broadcast' }));

  it('the end of the input, and then --linger', () =>
    connect({ linger: '300ms' }, async (command) => {
      command.write('burst 3');
      command.end();
      await assertExit(command, 0);
      assert.deepEqual(command.lines, ['burst 0', 'burst 1', 'burst 2']);
    }));

  it('--linger is over before --count messages have come', () =>
    connect({ count: 3, linger: '100ms' }, async (command) => {
      command.write('one');
      command.end();
      await assertExit(command, 1, /only 1 of 3 messages/);
    }));

  it('--timeout names what is missing: messages', () =>
    connect({ count: 3, timeout: '700ms' }, async (command) => {
      command.write('one');
      await assertExit(command, 1, /after 700ms, only 1 of 3 messages/);
    }));

  it('--timeout names what is missing: the end of the input', () =>
    connect({ timeout: '500ms' }, (command) => assertExit(command, 1, /after 500ms, standard input had not ended/)));

  it('--timeout names what is missing: a session', () =>
    withServer({}, (server) => {
      server.signal('SIGSTOP');
      return run(server.origin, { timeout: '500ms' }, (command) =>
        assertExit(command, 1, /after 500ms, there was no session/),
      );
    }));

  it('no input and no session: 3', () =>
    run('http://127.0.0.1:1', {}, async (command) => {
      command.end();
      await assertExit(command, 3, /^error: .*nothing listens there/);
      assert.equal(command.log.match(/nothing listens there/g).length, 1, 'a failure is said once');
    }));

  it('no input and a session: 0', () =>
    connect({}, async (command) => {
      command.end();
      await assertExit(command, 0, /open over polling/);
    }));

  it('a server that says nothing: so does the command, but what it is doing', () =>
    withServer({}, (server) => {
      server.signal('SIGSTOP');
      return run(server.origin, {}, async (command) => {
        command.write('hello');
        command.end();
        await command.until(({ log }) => log.includes(`* connecting to ${server.origin}`) || undefined);
        assert.deepEqual(command.lines, []);
      });
    }));

  it('attempts that fail are said one by one, the last one as the error', () =>
    run('http://127.0.0.1:1', { reconnect: true, reconnectFirst: true, reconnectAttempts: 1, reconnectDelay: '10ms' }, async (command) => {
      await assertExit(command, 3, /attempt 0 failed: .*\n\* connecting again.*\nerror: cannot connect/);
      assert.equal(command.log.match(/nothing listens there/g).length, 2);
    }));

  it('the server closes the session', () =>
    connect({}, async (command) => {
      // By polling, the end may come before the answer to the POST that asked for it.
      await command.until(({ log }) => log.includes('upgraded') || undefined);
      command.write('one', 'close');
      await assertExit(command, 0, /disconnected: server disconnect/);
      assert.deepEqual(command.lines, ['one']);
    }));

  it('the server closes the session before --count messages have come', () =>
    connect({ count: 2 }, async (command) => {
      command.write('one', 'close');
      await assertExit(command, 1, /only 1 of 2 messages.*server disconnect/);
    }));

  it('the session is lost', () =>
    connect({}, async (command, server) => {
      await command.until(({ log }) => log.includes('upgraded') || undefined);
      server.signal('SIGKILL');
      await assertExit(command, 4, /error: transport (close|error)/);
      assert.doesNotMatch(command.log, /disconnected/, 'a failure is said once');
    }));

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    it(`${signal}: the session is closed`, () =>
      connect({ json: true }, async (command) => {
        await command.until(({ lines }) => lines.length > 1 || undefined);
        command.signal(signal);
        await assertExit(command, code);
        assert.equal(JSON.parse(command.lines.at(-1)).reason, 'client disconnect');
      }));
  }

  it('a message that polling cannot carry is an error, and names its line', () =>
    connect({ transports: 'polling' }, async (command) => {
      command.write('one', 'a\u001eb');
      await assertExit(command, 4, /line 2/);
    }));
});

describe('engineio connect: the command line', { concurrency: true }, () => {
  const usage = (url, flags, words) => run(url, flags, (command) => assertExit(command, 2, words));

  it('a transport that there is not', () => usage('http://127.0.0.1:1', { transports: 'pigeon' }, /pigeon/));
  it('a URL that is none', () => usage('nonsense', {}, /nonsense/));
  it('a scheme that is none of ours', () => usage('ftp://127.0.0.1/', {}, /https?:\/\//));
  it('a header that is none', () => usage('http://127.0.0.1:1', { header: 'no colon' }, /NAME: VALUE/));
  it('a file that is not there', () =>
    usage('https://127.0.0.1:1', { cacert: '/nonexistent' }, /cannot read \/nonexistent/));
  it('a file that holds no certificate', () => usage('https://127.0.0.1:1', { cacert: '/etc/hostname' }, /certificate/));

  it('advice names flags', async () => {
    await withServer({}, async (server) => {
      const refused = (url, words) => run(url, {}, (command) => assertExit(command, 3, words));
      await refused(`https://127.0.0.1:${server.port}`, /a private CA is added with `--cacert`/);
      await refused(`${server.origin}/elsewhere/`, /see `--path`/);
    });
    await usage('http://127.0.0.1:1', { maxPayload: 0 }, /`--max-payload` is 0/);
    await usage('http://127.0.0.1:1', { path: 'x' }, /`--path` is "x"/);
  });

  it('a virtual host, and text in any script', () =>
    withServer({}, (server) =>
      withRelay(server, (relay) => {
        const flags = { header: ['Host: app.example'], query: ['name=José'], count: 1 };
        return run(`${relay.origin}/?room=Café 1&done=%C3%A9`, flags, async (command) => {
          await command.until(({ log }) => log.includes('upgraded') || undefined);
          command.write('hello');
          await assertExit(command, 0);
          for (const head of relay.heads) {
            assert.deepEqual(head.match(/^host: .*$/gim), ['host: app.example']);
            assert.match(head, /&room=Caf%C3%A9%201&done=%C3%A9&name=Jos%C3%A9&/);
          }
        });
      }),
    ));

  it('a redirect is followed on the same server, and named otherwise', () =>
    withServer({}, async (server) => {
      const front = createServer((request, response) => {
        const elsewhere = request.url.startsWith('/away/');
        response.writeHead(307, { location: elsewhere ? `${server.origin}/engine.io/` : '/away/' }).end();
      });
      await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
      try {
        await run(`http://127.0.0.1:${front.address().port}`, {}, (command) =>
          assertExit(command, 3, new RegExp(`redirecting to ${server.origin}/engine.io/, which is another port`)),
        );
      } finally {
        front.close();
      }
    }));

  it('headers, query and credentials are in every request of both transports', () =>
    withServer({}, (server) =>
      withRelay(server, (relay) => {
        const flags = { header: ['X-One: 1', 'X-Two: a: b'], query: ['token=a b&c'], user: 'me:secret', count: 1 };
        return run(`${relay.origin}/?own=1`, flags, async (command) => {
          await command.until(({ log }) => log.includes('upgraded') || undefined);
          command.write('hello');
          await assertExit(command, 0);
          assert.ok(relay.heads.some((head) => /upgrade: websocket/i.test(head)));
          for (const head of relay.heads) {
            assert.match(head, /\r\nx-one: 1\b/i);
            assert.match(head, /\r\nx-two: a: b/i);
            assert.match(head, /\r\nauthorization: Basic bWU6c2VjcmV0/i);
            assert.match(head, /[?&]own=1&.*token=a(%20|\+)b%26c/);
          }
        });
      }),
    ));

  it('--path, and a path in the URL', () =>
    withServer({ path: '/elsewhere/' }, async (server) => {
      const hello = async (command) => {
        command.write('hello');
        await assertExit(command, 0);
      };
      await run(server.origin, { path: '/elsewhere/', count: 1 }, hello);
      await run(`${server.origin}/elsewhere/`, { count: 1 }, hello);
    }));
});

describe('engineio connect: --trace', { concurrency: true }, () => {
  it('requests, frames and packets, decoded', () =>
    connect({ trace: true, count: 2 }, async (command) => {
      await command.until(({ log }) => log.includes('upgraded') || undefined);
      command.write('hello', 'b');
      await assertExit(command, 0);
      for (const words of [/GET .*transport=polling/, /200/, /packet: open .*sid/, /ping.*probe/, /pong.*probe/, /upgrade/, /message.*hello/]) {
        assert.match(command.log, words);
      }
      assert.deepEqual(command.lines, ['hello', 'b']);
    }));

  it('a POST and its packets', () =>
    connect({ trace: true, count: 2, transports: 'polling' }, async (command) => {
      command.write('one', 'two');
      await assertExit(command, 0);
      assert.match(command.log, /POST .*transport=polling/);
      assert.match(command.log, /message.*one/);
    }));
});
