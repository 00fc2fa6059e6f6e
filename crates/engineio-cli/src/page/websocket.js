// The WebSocket transport: one packet per frame.

import { dataSize, decodeText, encodeText, PacketType } from "./packet.js";

const CLOSE_CODES = {
  1000: "done",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no reason given",
  1007: "invalid text",
  1008: "policy violation",
  1009: "message too big",
  1011: "server error",
  1012: "restarting",
  1013: "try again later",
};

const ABNORMAL_CLOSE = 1006;

export class WebSocketTransport {
  name = "websocket";
  #socket;
  #opened = false;

  /** Reports to `handlers.packet(packet)`, `handlers.down(error)` and, if it is there, `handlers.open()`. */
  constructor(url, handlers) {
    this.handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = (event) => this.handlers.down(new Error(this.#describe(event)));
  }

  carries() {
    return true;
  }

  size({ data }) {
    return dataSize(data) + (typeof data === "string" ? 1 : 0);
  }

  /** Takes off the queue what the next write may carry: everything. */
  take(queue) {
    return queue.splice(0);
  }

  send(packets) {
    for (const packet of packets) {
      this.#socket.send(typeof packet.data === "string" ? encodeText(packet) : packet.data);
    }
  }

  /** No requests, nothing to hold back. */
  pause() {}

  /** Sends a last packet from a page that is going away. */
  leave(packet) {
    this.send([packet]);
  }

  close() {
    this.#socket.close();
  }

  #open() {
    this.#opened = true;
    this.handlers.open?.();
  }

  #receive(data) {
    try {
      this.handlers.packet(decodeFrame(data));
    } catch (error) {
      this.handlers.down(error);
    }
  }

  #describe({ code, reason }) {
    // Browsers hide why a handshake failed, so that pages cannot scan networks.
    if (!this.#opened) return "The WebSocket could not be opened: no server there, or it refused.";
    if (code === ABNORMAL_CLOSE) return "The connection to the server was lost.";
    const meaning = reason || CLOSE_CODES[code] || "no reason given";
    return `The server closed the WebSocket: ${meaning} (code ${code}).`;
  }
}

function decodeFrame(data) {
  if (typeof data === "string") return decodeText(data);
  return { type: PacketType.message, data: new Uint8Array(data) };
}
