// An Engine.IO v4 client for browsers: one instance is one session.

import { PacketType, ProtocolError } from "./packet.js";
import { Polling } from "./polling.js";
import { Probe } from "./probe.js";
import { WebSocketTransport } from "./websocket.js";

const HANDSHAKE_TIMEOUT = 20_000;
const CLOSE_TIMEOUT = 5_000;

// A longer delay would overflow the browser's timer and fire at once.
const LONGEST_DELAY = 2 ** 31 - 1;

const CLOSE_PACKET = { type: PacketType.close, data: "" };
const UPGRADE_PACKET = { type: PacketType.upgrade, data: "" };

/**
 * Events, with their `detail`: `open` (the open packet's data), `message` ({ data, transport }), `flush` (the
 * packets about to be written), `ping`, `probe`, `upgrade`, `upgradeerror` (the reason) and, exactly once,
 * `close` ({ reason, expected }).
 */
export class EngineClient extends EventTarget {
  #url;
  #transports;
  #state = "connecting";
  #transport;
  #probe;
  #open;
  #queue = [];
  #written = Promise.resolve();
  #held = false;
  #deadline;

  /** Connects at once. `transports` is `both`, `polling` or `websocket`. */
  constructor(url, transports = "both") {
    super();
    this.#url = url;
    this.#transports = transports;
    this.#endAfter(HANDSHAKE_TIMEOUT, "The server did not answer the handshake in time.");
    this.#transport = transports === "websocket" ? this.#websocket(this.#handlers()) : this.#polling();
  }

  /** `connecting`, `open`, `closing` or `closed`. */
  get state() {
    return this.#state;
  }

  /** The name of the transport that messages take now. */
  get transport() {
    return this.#transport.name;
  }

  /** Why this data (a string or a Uint8Array) cannot be sent now, or nothing. */
  objection(data) {
    const packet = { type: PacketType.message, data };
    if (this.#state !== "open") return "There is no open session.";
    if (!this.#transport.carries(packet)) return "Polling cannot carry text with the character U+001E in it.";
    const { maxPayload } = this.#open;
    if (this.#transport.size(packet) <= maxPayload) return undefined;
    return `Too large: the server accepts at most ${maxPayload.toLocaleString("en")} bytes at a time.`;
  }

  /** Queues a message; what is queued in one turn of the event loop is written together. */
  send(data) {
    const objection = this.objection(data);
    if (objection) throw new Error(objection);
    this.#enqueue({ type: PacketType.message, data });
  }

  /** Writes what is queued, says goodbye and ends the session. */
  close() {
    const wasOpen = this.#state === "open";
    this.#state = this.#state === "closed" ? "closed" : "closing";
    if (!wasOpen) return this.#end();
    this.#endAfter(CLOSE_TIMEOUT);
    this.#probe?.close();
    this.#transport.pause();
    this.#enqueue(CLOSE_PACKET);
  }

  /** Ends the session at once, from a page that is going away. */
  leave() {
    if (this.#state === "open") this.#transport.leave(CLOSE_PACKET);
    this.#end("The page was left.");
  }

  #polling() {
    return new Polling(() => this.#address("polling"), this.#handlers());
  }

  #websocket(handlers) {
    const url = this.#address("websocket");
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocketTransport(url, handlers);
  }

  #address(transport) {
    const url = new URL(this.#url);
    url.searchParams.set("EIO", "4");
    url.searchParams.set("transport", transport);
    if (this.#open) url.searchParams.set("sid", this.#open.sid);
    return url;
  }

  #handlers() {
    return { packet: (packet) => this.#handlePacket(packet), down: (error) => this.#handleDown(error) };
  }

  #handlePacket({ type, data }) {
    if (this.#state === "closed") return;
    if (!this.#open) return this.#handleOpen(type, data);
    if (type === PacketType.message) this.#emit("message", { data, transport: this.transport });
    else if (type === PacketType.ping) this.#handlePing(data);
    else if (type === PacketType.close) this.#end("The server closed the session.");
    else if (!isIdle(type)) throw new ProtocolError(`a packet of type ${type} in an open session`);
  }

  #handleOpen(type, data) {
    if (type !== PacketType.open) throw new ProtocolError(`a packet of type ${type} before the open packet`);
    this.#open = parseOpen(data);
    this.#state = "open";
    this.#watch();
    this.#emit("open", this.#open);
    if (this.#wantsUpgrade()) this.#upgrade();
  }

  #handlePing(data) {
    this.#watch();
    this.#enqueue({ type: PacketType.pong, data });
    this.#emit("ping");
  }

  #handleDown(error) {
    const foreign = error instanceof ProtocolError;
    this.#end(foreign ? `The answer is not Engine.IO: ${error.message}.` : error.message);
  }

  /** The server pings; silence for longer than both times together means that it is gone. */
  #watch() {
    if (this.#state !== "open") return;
    const patience = this.#open.pingInterval + this.#open.pingTimeout;
    this.#endAfter(patience, `The server has not pinged for ${patience / 1000} seconds.`);
  }

  #wantsUpgrade() {
    return this.#state === "open" && this.#transports === "both" && this.#open.upgrades.includes("websocket");
  }

  async #upgrade() {
    const polling = this.#transport;
    this.#probe = new Probe((handlers) => this.#websocket(handlers));
    this.#emit("probe");
    try {
      await Promise.race([this.#probe.answered, this.#probe.lost]);
      this.#held = true;
      await Promise.race([Promise.all([polling.pause(), this.#written]), this.#probe.lost]);
      this.#adopt(this.#probe);
    } catch (error) {
      this.#stayOn(polling, error);
    }
    this.#held = false;
    this.#probe = undefined;
    this.#flush();
  }

  /** Nothing is in flight on polling any more, so what follows on the WebSocket stays in order. */
  #adopt(probe) {
    this.#transport = probe.release(this.#handlers());
    this.#transport.send([UPGRADE_PACKET]);
    this.#emit("upgrade");
  }

  #stayOn(polling, error) {
    this.#probe.close();
    if (this.#state !== "open") return;
    polling.resume();
    this.#emit("upgradeerror", error.message);
  }

  #enqueue(packet) {
    this.#queue.push(packet);
    this.#flush();
  }

  #flush() {
    this.#written = this.#written.then(() => this.#write()).catch((error) => this.#end(error.message));
  }

  async #write() {
    while (this.#queue.length > 0 && !this.#held && this.#state !== "closed") {
      const packets = this.#transport.take(this.#queue, this.#open.maxPayload);
      this.#emit("flush", packets);
      await this.#transport.send(packets);
      if (packets.includes(CLOSE_PACKET)) this.#end();
    }
  }

  #endAfter(delay, reason) {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#end(reason), Math.min(delay, LONGEST_DELAY));
  }

  /** However a session ends after `close`, it ended because the person wanted it. */
  #end(reason) {
    if (this.#state === "closed") return;
    const expected = this.#state === "closing";
    this.#state = "closed";
    clearTimeout(this.#deadline);
    this.#transport.close();
    this.#probe?.close();
    this.#emit("close", { reason: expected ? "You disconnected." : reason, expected });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function isIdle(type) {
  return type === PacketType.noop || type === PacketType.pong;
}

function parseOpen(data) {
  try {
    return checkOpen({ maxPayload: Infinity, ...JSON.parse(data) });
  } catch {
    throw new ProtocolError("an open packet that makes no sense");
  }
}

function checkOpen(open) {
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = open;
  const isTimed = [pingInterval, pingTimeout, maxPayload].every((value) => typeof value === "number");
  if (!isTimed || typeof sid !== "string" || !Array.isArray(upgrades)) throw new TypeError();
  return open;
}
