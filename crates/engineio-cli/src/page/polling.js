// The polling transport: a GET always waits for packets, a POST carries ours.

import { decodePayload, encodedSize, encodePayload, fitsPayload, takePayload } from "./packet.js";

// Enough of an unknown error page to recognise it.
const EXCERPT = 120;

export class Polling {
  name = "polling";
  #address;
  #handlers;
  #abort = new AbortController();
  #paused = false;
  #polls;

  /**
   * `address()` names the session once there is one; the first GET is the handshake.
   * Reports to `handlers.packet(packet)` and `handlers.down(error)`.
   */
  constructor(address, handlers) {
    this.#address = address;
    this.#handlers = handlers;
    this.#polls = this.#poll();
  }

  carries(packet) {
    return fitsPayload(packet.data);
  }

  size(packet) {
    return encodedSize(packet);
  }

  /** Takes off the queue what the next POST may carry. */
  take(queue, maxPayload) {
    return takePayload(queue, maxPayload);
  }

  /** Resolves once the server has accepted the packets. */
  async send(packets) {
    await this.#request({ method: "POST", body: encodePayload(packets) });
  }

  /** Starts no further GET; resolves when the waiting one has been answered. */
  pause() {
    this.#paused = true;
    return this.#polls;
  }

  /** Polls again. A GET that is still waiting just goes on: a second one would end the session. */
  resume() {
    this.#paused = false;
    this.#polls = this.#polls.then(() => this.#poll());
  }

  /** Sends a last packet from a page that is going away, where no answer can be awaited. */
  leave(packet) {
    navigator.sendBeacon(this.#address(), encodePayload([packet]));
  }

  close() {
    this.#abort.abort();
  }

  async #poll() {
    try {
      while (!this.#paused && !this.#abort.signal.aborted) {
        const body = await this.#request({ method: "GET" });
        decodePayload(body).forEach((packet) => this.#handlers.packet(packet));
      }
    } catch (error) {
      this.#handlers.down(error);
    }
  }

  async #request(options) {
    const response = await this.#fetch(options);
    const body = await response.text().catch(() => fail("The connection broke off during an answer."));
    return response.ok ? body : fail(refusal(response.status, body));
  }

  #fetch(options) {
    return fetch(this.#address(), { ...options, cache: "no-store", signal: this.#abort.signal })
      .catch(() => fail("The server cannot be reached."));
  }
}

function fail(message) {
  throw new Error(message);
}

function refusal(status, body) {
  const said = explanation(body);
  return `The server refused with status ${status}${said && `: ${said}`}.`;
}

/** What the server said: the message of its JSON, or the start of any text that is not a web page. */
function explanation(body) {
  const said = parse(body);
  const { message = said, code } = Object(said);
  const text = typeof message === "string" ? message : body;
  if (text.trimStart().startsWith("<")) return "";
  return text.trim().slice(0, EXCERPT) + (code === undefined ? "" : ` (code ${code})`);
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
