// Socket.IO clients as peers: connecting, and waiting for their events in bounded time.

import { io } from 'socket.io-client';

import { withServer } from './server.js';
import { within } from './within.js';

const PATIENCE_MS = 60_000;

/** The transports a test runs over: a name, and the options that choose it. */
export const TRANSPORTS = {
  'polling': { transports: ['polling'] },
  'websocket': { transports: ['websocket'] },
  'polling, then upgraded': { transports: ['polling', 'websocket'] },
};

/** Clients of one server, all of them closed at the end. */
class Clients {
  #sockets = [];

  constructor({ origin }) {
    this.origin = origin;
  }

  /** A client that has begun to connect to a namespace. */
  begin(options = {}, namespace = '/') {
    const socket = io(`${this.origin}${namespace}`, { forceNew: true, reconnection: false, ...options });
    this.#sockets.push(socket);
    return socket;
  }

  /** A client that is connected, and upgraded if its options ask for more than one transport. */
  async connect(options = {}, namespace = '/') {
    const socket = this.begin(options, namespace);
    const upgraded = options.transports?.length > 1 && next(socket.io.engine, 'upgrade');
    await Promise.race([next(socket, 'connect'), refused(socket)]);
    await upgraded;
    return socket;
  }

  /** Closes them. */
  dispose() {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

/** Runs `body(clients, server)` with a server of its own. */
export function withClients(flags, body) {
  return withServer(flags, async (server) => {
    const clients = new Clients(server);
    try {
      await body(clients, server);
    } finally {
      clients.dispose();
    }
  });
}

/** Resolves with the arguments of the next `event`. */
export function next(emitter, event) {
  return within(PATIENCE_MS, new Promise((resolve) => emitter.once(event, (...values) => resolve(values))));
}

/** Sends an event and resolves with what the server acknowledges it with. */
export function ask(socket, event, ...values) {
  return within(PATIENCE_MS, socket.emitWithAck(event, ...values));
}

/** Resolves once `event` has come with values that `wanted` accepts, passing over others. */
export function until(socket, event, wanted) {
  const found = new Promise((resolve) => {
    const look = (...values) => {
      if (!wanted(...values)) return;
      socket.off(event, look);
      resolve(values);
    };
    socket.on(event, look);
  });
  return within(PATIENCE_MS, found);
}

async function refused(socket) {
  const [error] = await next(socket, 'connect_error');
  throw error;
}
