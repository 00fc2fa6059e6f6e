// A group of raw cases that share one server.

import { after, before, describe, it } from 'node:test';

import { assertAlive } from './alive.js';
import { RawClient } from './raw.js';
import { Server, explain } from './server.js';
import { within } from './within.js';

const CASE_TIMEOUT_MS = 30_000;

/**
 * Declares a group of cases against one server with `flags`. `define` gets `check(title, body)`; each body gets
 * a raw client of its own and the server, and after each case the server must still be alive.
 */
export function suite(title, flags, define, { concurrency = false } = {}) {
  describe(title, { concurrency }, () => {
    let server;
    before(async () => (server = await Server.start(flags)));
    after(() => server?.stop());
    define((caseTitle, body) => it(caseTitle, () => runCase(server, body)));
  });
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
