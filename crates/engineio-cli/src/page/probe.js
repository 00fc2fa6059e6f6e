// The probe of an upgrade: a WebSocket that must carry one ping and its pong before the session moves to it.

import { PacketType, ProtocolError } from "./packet.js";

const TIMEOUT = 10_000;
const DATA = "probe";

export class Probe {
  #fail;
  #timer;

  /** `connect(handlers)` makes the WebSocket; `answered` resolves at the pong, `lost` rejects at a failure. */
  constructor(connect) {
    this.lost = new Promise((_, reject) => (this.#fail = reject));
    this.answered = new Promise((resolve) => (this.socket = connect(this.#handlers(resolve))));
    this.#timer = setTimeout(() => this.#fail(new Error("The probe was not answered in time.")), TIMEOUT);
  }

  /** Hands the WebSocket over to the session. */
  release(handlers) {
    clearTimeout(this.#timer);
    this.socket.handlers = handlers;
    return this.socket;
  }

  /** Calls the upgrade off. */
  close() {
    clearTimeout(this.#timer);
    this.#fail(new Error("The upgrade was called off."));
    this.socket.close();
  }

  #handlers(answered) {
    return {
      open: () => this.socket.send([{ type: PacketType.ping, data: DATA }]),
      packet: (packet) => (isAnswer(packet) ? answered() : this.#fail(stray(packet))),
      down: (error) => this.#fail(error),
    };
  }
}

function isAnswer({ type, data }) {
  return type === PacketType.pong && data === DATA;
}

function stray({ type }) {
  return new ProtocolError(`a packet of type ${type} instead of the answer to the probe`);
}
