// A raw client: everything it sends is chosen byte by byte, everything it opened is closed at the end.

import assert from 'node:assert/strict';

import { ByteStream } from './bytes.js';
import { formatRequest, readResponse } from './http.js';
import { untilIdle, untilRead } from './resources.js';
import { PollingSession, parseOpen, splitPackets } from './session.js';
import { HANDSHAKE_HEADERS, RawWebSocket, assertSwitched } from './websocket.js';

const HANDSHAKE = { EIO: 4, transport: 'polling' };

/** A client of one server. */
export class RawClient {
  #streams = new Set();

  constructor(server) {
    this.server = server;
  }

  /** A new TCP connection. */
  async connect() {
    const stream = await ByteStream.connect(this.server);
    this.#streams.add(stream);
    stream.socket.once('close', () => this.#streams.delete(stream));
    return stream;
  }

  /** Closes every connection. */
  dispose() {
    for (const stream of this.#streams) stream.destroy();
  }

  /**
   * The bytes of a request. `query` is an object, or a string that is sent as it is; `target` overrides path and
   * query together.
   */
  format({ query = HANDSHAKE, path = this.server.path, target = `${path}?${formatQuery(query)}`, ...rest }) {
    return formatRequest({ host: this.server.authority, ...rest, target });
  }

  /** Sends a request on a connection of its own; resolves with the connection and a promise of the response. */
  async start(request = {}) {
    const connection = await this.connect();
    connection.write(this.format(request));
    const response = readResponse(connection, request.method);
    // A test may end before it looks at the response; whoever awaits it still sees the error.
    response.catch(() => {});
    return { connection, response };
  }

  /** Sends a request on a connection of its own; resolves with the response. */
  async request(request = {}) {
    const { connection, response } = await this.start(request);
    try {
      return await response;
    } finally {
      connection.destroy();
    }
  }

  /**
   * Sends a request `count` times, on one connection as long as the server keeps it; resolves with what `take` makes
   * of the responses.
   */
  async repeat(count, request, take) {
    const taken = [];
    let connection = await this.connect();
    while (taken.length < count) {
      connection.write(this.format(request));
      const response = await readResponse(connection, request.method);
      taken.push(take(response));
      if (!response.list('connection').includes('close')) continue;
      connection.destroy();
      connection = await this.connect();
    }
    return taken;
  }

  /** Asks a path outside the endpoint. */
  get(target) {
    return this.request({ target });
  }

  /** Resolves when the server has read what was written on `connection`, and has nothing left to do. */
  async settle(connection) {
    await untilRead(this.server, connection);
    await untilIdle(this.server);
  }

  /** Opens a session on long-polling. */
  async open({ query = {}, ...request } = {}) {
    const response = await this.request({ query: { ...HANDSHAKE, ...query }, ...request });
    assert.equal(response.status, 200, `handshake: ${response.status} ${response.text}`);
    const [packet] = splitPackets(response.text);
    const session = new PollingSession(this, parseOpen(packet));
    session.handshake = response;
    return session;
  }

  /** Sends a WebSocket handshake; `trailing` bytes follow it in the same write. */
  async handshake({ headers = [], omit = [], trailing = '', query = {}, ...request } = {}) {
    const connection = await this.connect();
    const fixed = HANDSHAKE_HEADERS.filter(([name]) => !omit.includes(name));
    const target = typeof query === 'string' ? query : { ...HANDSHAKE, transport: 'websocket', ...query };
    const head = this.format({ query: target, headers: [...fixed, ...headers], ...request });
    connection.write(Buffer.concat([head, Buffer.from(trailing)]));
    return { connection, response: await readResponse(connection) };
  }

  /** Opens a WebSocket connection, without reading from it. */
  async openWebSocket(options) {
    const { connection, response } = await this.handshake(options);
    assertSwitched(response);
    return new RawWebSocket(connection, response);
  }

  /** Opens a session on a WebSocket; the open packet is in `socket.open`. */
  async openSocket(options) {
    const socket = await this.openWebSocket(options);
    socket.open = parseOpen(await socket.next());
    return socket;
  }

  /** Asserts that a WebSocket handshake is answered without a 101; resolves with the response. */
  async refusedHandshake(options) {
    const { response } = await this.handshake(options);
    assert.notEqual(response.status, 101);
    return response;
  }
}

function formatQuery(query) {
  return typeof query === 'string' ? query : new URLSearchParams(query).toString();
}
