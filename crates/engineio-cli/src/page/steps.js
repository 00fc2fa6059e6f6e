// The way a session takes, step by step: how far each is and how long it took.

import { formatDuration } from "./format.js";

const UNUSED = { both: [], polling: ["probe", "websocket"], websocket: ["polling", "probe"] };

export class Steps {
  #items;
  #started = new Map();

  constructor(list) {
    this.#items = new Map(Array.from(list.children, (item) => [item.dataset.step, item]));
  }

  /** Starts over, with the steps that these transports need. */
  reset(transports) {
    for (const step of this.#items.keys()) this.#set(step, "waiting", "");
    this.skip(UNUSED[transports], "not used");
    this.begin("handshake", "…");
  }

  begin(step, note) {
    this.#started.set(step, performance.now());
    this.#set(step, "active", note);
  }

  finish(step) {
    this.#set(step, "done", this.duration(step));
  }

  /** How long ago the step began. */
  duration(step) {
    return formatDuration(performance.now() - this.#started.get(step));
  }

  fail(step) {
    this.#set(step, "failed", "failed");
  }

  skip(steps, note) {
    for (const step of steps) this.#set(step, "unused", note);
  }

  /** The session is over: what was under way has failed, what was in use has ended. */
  end(failed) {
    const fate = failed ? "failed" : "ended";
    for (const [step, { dataset }] of this.#items) {
      if (dataset.state === "active") this.#set(step, fate, fate);
      else if (dataset.state === "used") this.#set(step, "ended", "ended");
    }
  }

  /** Messages take this transport now. */
  use(step) {
    this.#started.set(step, performance.now());
    this.#set(step, "used", "in use");
  }

  #set(step, state, note) {
    const item = this.#items.get(step);
    item.dataset.state = state;
    item.querySelector(".note").textContent = note;
  }
}
