// The bytes of one TCP connection, taken piece by piece.

import net from 'node:net';

/** The connection ended before the wanted bytes came. */
export class Ended extends Error {
  constructor(rest) {
    super(`the connection ended after ${rest.length} unread bytes: ${rest.toString('latin1').slice(0, 200)}`);
    this.rest = rest;
  }
}

/** A TCP connection with a reading side that waits for what is asked for. */
export class ByteStream {
  #buffered = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#arrived(chunk));
    socket.on('end', () => this.#finish());
    // A reset ends the stream as an orderly end does; whoever reads sees `Ended`.
    socket.on('error', () => this.#finish());
    /** Resolves when the peer has ended or reset the connection. */
    this.ended = new Promise((resolve) => {
      socket.on('end', resolve);
      socket.on('close', resolve);
    });
    /** Resolves when nothing more can be written or read. */
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    this.closed.then(() => this.#finish());
  }

  /** Connects; half-open, so that our side stays open when the server ends its own. */
  static connect({ host, port }) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, allowHalfOpen: true }, () => {
        socket.off('error', reject);
        resolve(new ByteStream(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Queues bytes; they may never arrive if the peer has gone, which is for the reader to notice. */
  write(bytes) {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Queues bytes and resolves once the kernel took them, or the connection is gone. */
  async writeAll(bytes) {
    if (!this.socket.writable) return;
    await Promise.race([new Promise((resolve) => this.socket.write(bytes, resolve)), this.closed]);
  }

  /** Exactly `count` bytes. */
  read(count) {
    return this.#take((buffered) => (buffered.length >= count ? count : -1));
  }

  /** Everything up to and including `delimiter`. */
  readThrough(delimiter) {
    return this.#take((buffered) => {
      const index = buffered.indexOf(delimiter);
      return index < 0 ? -1 : index + delimiter.length;
    });
  }

  /** Everything until the peer ends the connection. */
  async readToEnd() {
    await this.ended;
    const rest = this.#buffered;
    this.#buffered = Buffer.alloc(0);
    return rest;
  }

  /** Ends the connection with a TCP reset. */
  reset() {
    this.socket.resetAndDestroy();
  }

  /** Ends the connection at once. */
  destroy() {
    this.socket.destroy();
  }

  async #take(enough) {
    for (;;) {
      const count = enough(this.#buffered);
      if (count >= 0) return this.#split(count);
      if (this.#ended) throw new Ended(this.#buffered);
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  #split(count) {
    const taken = this.#buffered.subarray(0, count);
    this.#buffered = this.#buffered.subarray(count);
    return taken;
  }

  #arrived(chunk) {
    this.#buffered = this.#buffered.length ? Buffer.concat([this.#buffered, chunk]) : chunk;
    this.#wake();
  }

  #finish() {
    this.#ended = true;
    this.#wake();
  }
}
