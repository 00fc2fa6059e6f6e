// Engine.IO v4 packets and payloads.
//
// A packet is `{ type, data }`; the data is a string, or a Uint8Array in a binary message.

const SEPARATOR = "\x1e";

// btoa wants a string of bytes, and a call takes a limited number of arguments.
const BASE64_CHUNK = 0x8000;

const utf8 = new TextEncoder();

export const PacketType = Object.freeze({
  open: "0",
  close: "1",
  ping: "2",
  pong: "3",
  message: "4",
  upgrade: "5",
  noop: "6",
});

const KNOWN_TYPES = new Set(Object.values(PacketType));

/** The server sent something that Engine.IO does not allow. */
export class ProtocolError extends Error {}

/** The bytes of a message's data on the wire, before any base64. */
export function dataSize(data) {
  return typeof data === "string" ? utf8.encode(data).length : data.length;
}

/** The bytes of a packet inside a polling payload. */
export function encodedSize({ data }) {
  return typeof data === "string" ? 1 + dataSize(data) : 1 + 4 * Math.ceil(data.length / 3);
}

/** A packet as text: a text frame, or its part of a polling payload. */
export function encodeText({ type, data }) {
  return typeof data === "string" ? type + data : "b" + toBase64(data);
}

/** Reads a packet from a text frame or from its part of a polling payload. */
export function decodeText(text) {
  const type = text.slice(0, 1);
  if (type === "b") return { type: PacketType.message, data: fromBase64(text.slice(1)) };
  if (KNOWN_TYPES.has(type)) return { type, data: text.slice(1) };
  throw new ProtocolError(type === "" ? "an empty packet" : `a packet of unknown type “${type}”`);
}

/** Joins packets into one polling body. */
export function encodePayload(packets) {
  return packets.map(encodeText).join(SEPARATOR);
}

/** Splits a polling body into its packets. */
export function decodePayload(body) {
  return body.split(SEPARATOR).map(decodeText);
}

/** Whether polling can carry this data: a separator inside it would split the packet. */
export function fitsPayload(data) {
  return typeof data !== "string" || !data.includes(SEPARATOR);
}

/** Takes packets off the front of a queue, as many as one body of `limit` bytes holds, at least one. */
export function takePayload(queue, limit) {
  let count = 0;
  for (let size = 0; count < queue.length; count += 1) {
    size += encodedSize(queue[count]) + (count > 0 ? SEPARATOR.length : 0);
    if (count > 0 && size > limit) break;
  }
  return queue.splice(0, count);
}

function toBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += BASE64_CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BASE64_CHUNK));
  }
  return btoa(binary);
}

function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new ProtocolError("a binary packet with bad base64");
  }
}
