// `engineio connect --json`: our client, with what happens to it as objects.

import { Command } from './command.js';
import { within } from './within.js';

const PATIENCE_MS = 120_000;

/** The transports a test runs over: a name, the flags that choose it, and where a session ends up. */
export const ROUTES = {
  'polling': { flags: { transports: 'polling' }, transport: 'polling' },
  'websocket': { flags: { transports: 'websocket' }, transport: 'websocket' },
  'polling, then upgraded': { flags: {}, transport: 'websocket' },
};

/** A client in a process of its own. */
export class Connect extends Command {
  #parsed = [];

  constructor(url, flags = {}, environment = {}) {
    super(['connect', url, '--json'], { binary: true, linger: '60s', ...flags }, environment);
  }

  /** What has happened so far. */
  get events() {
    while (this.#parsed.length < this.lines.length) this.#parsed.push(JSON.parse(this.lines[this.#parsed.length]));
    return this.#parsed;
  }

  /** The messages received so far: strings and buffers. */
  get messages() {
    return this.events.filter(({ event }) => event === 'message').map(decode);
  }

  /** Sends messages: strings and buffers. */
  send(...messages) {
    this.write(...messages.map((message) => (typeof message === 'string' ? message : encode(message))));
  }

  /** Resolves with the first event of a kind, or the `nth` one. */
  event(kind, nth = 1) {
    return this.until(() => this.events.filter(({ event }) => event === kind)[nth - 1]);
  }

  /** Resolves with the messages once there are `count`. */
  async reach(count) {
    // Most of the time nothing can have changed; parsing all lines for each chunk would be quadratic.
    await this.until(() => (this.lines.length >= count && this.messages.length >= count) || undefined);
    return this.messages;
  }

  /** Resolves once the session is on `transport`. */
  on(transport) {
    return this.until(() => this.events.findLast((event) => event.transport)?.transport === transport || undefined);
  }
}

/** Runs `body` with a client, in bounded time; what the client logged is added to a failure. */
export async function withConnect(url, flags, body, environment = {}) {
  const client = new Connect(url, flags, environment);
  try {
    return await within(PATIENCE_MS, body(client));
  } catch (error) {
    if (error instanceof Error) error.message += `\n--- the client ---\n${tail(client)}`;
    throw error;
  } finally {
    await client.stop();
  }
}

function tail({ log, lines }) {
  return [...lines.slice(-10), ...log.trim().split('\n').slice(-40)].map((line) => line.slice(0, 300)).join('\n');
}

function decode({ text, binary }) {
  return text ?? Buffer.from(binary, 'base64');
}

function encode(bytes) {
  return `b:${bytes.toString('base64')}`;
}
