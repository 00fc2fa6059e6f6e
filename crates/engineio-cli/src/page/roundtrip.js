// Round-trip times, from the messages a person sends to their echoes: nothing extra goes over the wire.

// A server that does not echo must not make the list grow.
const MAX_WAITING = 256;

export class RoundTrips {
  #waiting = [];

  /** A message was written. */
  sent(data, now) {
    this.#waiting.push({ data, now });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** A message came: how long it took if it is an echo. Echoes keep their order: older ones will not come. */
  received(data, now) {
    const index = this.#waiting.findIndex((sent) => isSame(sent.data, data));
    if (index < 0) return undefined;
    return now - this.#waiting.splice(0, index + 1).at(-1).now;
  }
}

function isSame(one, other) {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
