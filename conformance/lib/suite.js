// A group of raw cases that share one server.

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';

import { assertAlive } from './alive.js';
import { decidedByHost } from './hosts.js';
import { RawClient } from './raw.js';
import { Server, explain } from './server.js';
import { within } from './within.js';

const CASE_TIMEOUT_MS = 90_000;
/** Longer than any deadline of ours: what has not come by then does not come. */
const OTHERWISE_TIMEOUT_MS = 12_000;

/**
 * Declares a group of cases against one server with `flags`. `define` gets `check(title, body)`; each body gets
 * a raw client of its own and the server, and after each case the server must still be alive.
 */
export function suite(title, flags, define, { concurrency = false } = {}) {
  describe(title, { concurrency }, () => {
    // Started by the first case that is run: of a file, only some may be wanted.
    let starting;
    const server = () => (starting ??= Server.start(flags));
    after(async () => (await starting?.catch(() => {}))?.stop());
    const decided = decidedByHost(title);
    define((caseTitle, body) => {
      const why = decided[caseTitle];
      delete decided[caseTitle];
      if (why) it(`${caseTitle}: not with this host, as ${why}`, async () => runOtherwise(await server(), body));
      else it(caseTitle, async () => runCase(await server(), body));
    });
    assert.deepEqual(Object.keys(decided), [], `lib/hosts.js names cases that "${title}" does not have`);
  });
}

/** Runs a case that the host decides: it must come out differently, and the server must survive it. */
async function runOtherwise(server, body) {
  const client = new RawClient(server);
  try {
    const held = await within(OTHERWISE_TIMEOUT_MS, body(client, server)).then(
      () => true,
      () => false,
    );
    assert.ok(!held, 'the case holds with this host: take it out of lib/hosts.js');
  } finally {
    client.dispose();
  }
  await within(CASE_TIMEOUT_MS, assertAlive(server));
}

/** Runs one case; a failure carries the server's log, and the server must have survived. */
export async function runCase(server, body) {
  const client = new RawClient(server);
  try {
    await within(CASE_TIMEOUT_MS, body(client, server));
    await within(CASE_TIMEOUT_MS, assertAlive(server));
  } catch (error) {
    throw explain(error, server);
  } finally {
    client.dispose();
  }
}
