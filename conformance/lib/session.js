// One Engine.IO session of a raw client, on long-polling until it is upgraded.

import assert from 'node:assert/strict';

import { assertReply, assertType, isReply } from './replies.js';

const SEPARATOR = '\x1e';
const CLOSE = '1';
const NOOP = '6';
const PAUSE_MS = 10;

/** Joins packets into a payload. */
export const joinPackets = (packets) => packets.join(SEPARATOR);

/** Splits a payload into packets. */
export const splitPackets = (text) => text.split(SEPARATOR);

/** Reads the open packet. */
export function parseOpen(packet) {
  assert.equal(packet[0], '0', `not an open packet: ${packet.slice(0, 100)}`);
  return JSON.parse(packet.slice(1));
}

/** A session that was opened on long-polling. */
export class PollingSession {
  constructor(client, open) {
    this.client = client;
    this.open = open;
    this.sid = open.sid;
  }

  /** The query of this session's polling requests. */
  get query() {
    return { EIO: 4, transport: 'polling', sid: this.sid };
  }

  /** Sends a GET; resolves with its response. */
  get(options = {}) {
    return this.client.request({ query: this.query, ...options });
  }

  /** Sends a GET and, once it has reached the server, resolves with `{ response, connection }`. */
  async startPoll() {
    const poll = await this.client.start({ query: this.query });
    await this.client.settle(poll.connection);
    return poll;
  }

  /** The packets of one poll. */
  async poll() {
    return readPoll(await this.get());
  }

  /** Sends a POST with a body; resolves with its response. */
  post(body, options = {}) {
    return this.client.request({ method: 'POST', query: this.query, body, ...options });
  }

  /** Posts packets and asserts that they were accepted. */
  async send(...packets) {
    assertReply(await this.post(joinPackets(packets)), 'post accepted');
  }

  /** Polls until `count` packets other than noops have come. */
  async take(count) {
    const packets = [];
    while (packets.length < count) packets.push(...(await this.poll()).filter((packet) => packet !== NOOP));
    return packets;
  }

  /** Polls until the session has ended, which a poll hears of if it waits just then; resolves with all packets. */
  async pollToTheEnd() {
    const packets = [];
    while (!packets.includes(CLOSE)) {
      const response = await this.get();
      if (isReply(response, 'sid unknown', { sid: this.sid })) break;
      packets.push(...readPoll(response));
    }
    return packets;
  }

  /** Asserts that a message comes back, as the very next packet, over long-polling. */
  async assertEcho(text) {
    await this.send(`4${text}`);
    assert.deepEqual(await this.take(1), [`4${text}`]);
  }

  /** Asserts that the server no longer knows the session. */
  async assertGone() {
    assertReply(await this.get(), 'sid unknown', { sid: this.sid });
  }

  /** Resolves once the server no longer knows the session; asks with empty messages, which keep nothing alive. */
  async gone() {
    while (!isReply(await this.post('4'), 'sid unknown', { sid: this.sid })) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Opens the WebSocket of an upgrade; nothing is sent on it yet. */
  openProbe() {
    return this.client.openWebSocket({ query: { ...this.query, transport: 'websocket' } });
  }

  /** Opens the WebSocket of an upgrade and takes the probe step. */
  async probe() {
    const socket = await this.openProbe();
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    return socket;
  }

  /** Upgrades and resolves with the WebSocket. */
  async upgrade() {
    const socket = await this.probe();
    socket.send('5');
    return socket;
  }
}

/** The packets of a successful poll response. */
function readPoll(response) {
  assert.equal(response.status, 200, `a poll was answered ${response.status}: ${response.text}`);
  assertType(response, 'text/plain');
  return splitPackets(response.text);
}
