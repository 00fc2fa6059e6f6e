// The npm client as a peer: connecting, waiting for its events, collecting what it receives.

import { Socket } from 'engine.io-client';

const PATH = '/engine.io';

/** The transports a test runs over: a name, and the options that choose it. */
export const TRANSPORTS = {
  'polling': { transports: ['polling'] },
  'websocket': { transports: ['websocket'] },
  'polling, then upgraded': { transports: ['polling', 'websocket'] },
};

/** A client that has begun to connect to `server`. Errors are for `opened` and `closed` to report. */
export function connect(server, options = {}) {
  const socket = new Socket(server.origin, { path: PATH, ...options });
  socket.on('error', () => {});
  return socket;
}

/** Resolves with the next `event` of a client. */
export function once(socket, event) {
  return new Promise((resolve) => socket.once(event, (...values) => resolve(values)));
}

/** A client that is open, and upgraded if its options ask for more than one transport. */
export async function open(server, options = {}) {
  const socket = connect(server, options);
  const upgrades = (options.transports?.length ?? 2) > 1 && options.upgrade !== false;
  await (upgrades ? upgraded(socket) : opened(socket));
  return socket;
}

/** Resolves when a client is open; rejects if it never will be. */
export function opened(socket) {
  return Promise.race([once(socket, 'open'), failed(socket)]);
}

/** Resolves when a client has changed to the WebSocket. */
export function upgraded(socket) {
  return Promise.race([once(socket, 'upgrade'), failed(socket)]);
}

/**
 * Resolves with what a client that must not get in was told: `status` and `text` over polling, `message` over a
 * WebSocket.
 */
export async function refused(socket) {
  // Read inside the event: the client clears its request right behind it.
  const told = new Promise((resolve) => socket.once('error', (error) => resolve(describe(error))));
  const letIn = opened(socket).then(
    () => Promise.reject(new Error('the server let the client in')),
    () => told,
  );
  return Promise.race([told, letIn]);
}

function describe({ description, context }) {
  return { status: description, text: context?.responseText, message: description?.message };
}

/** Resolves with the reason, and the detail, for which a client closed. */
export async function closed(socket) {
  const [reason, description] = await once(socket, 'close');
  return { reason, description };
}

/** Everything that a client receives, from now on; text as strings, binary as buffers. */
export class Inbox {
  messages = [];
  #wanted = Infinity;
  #wake = () => {};
  #failed;

  constructor(socket) {
    this.#failed = failed(socket);
    this.#failed.catch(() => {});
    socket.on('message', (message) => {
      // The client hands an empty text message over as `undefined`.
      this.messages.push(message ?? '');
      if (this.messages.length >= this.#wanted) this.#wake();
    });
  }

  /** Resolves with all messages once there are `count`. */
  async reach(count) {
    if (this.messages.length < count) {
      this.#wanted = count;
      await Promise.race([new Promise((resolve) => (this.#wake = resolve)), this.#failed]);
    }
    return this.messages;
  }
}

async function failed(socket) {
  const { reason, description } = await closed(socket);
  const detail = description?.description ?? description?.message ?? description;
  throw new Error(`the client closed: ${reason}${detail ? ` (${detail})` : ''}`);
}
