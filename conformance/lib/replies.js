// What each reply style answers, topic by topic. Every wire case that differs between styles looks here.

import assert from 'node:assert/strict';

/** The style of the server under test: `spec` (the protocol's own replies) or `python` (python-engineio's). */
const style = process.env.CONFORMANCE_STYLE ?? 'spec';

/** Whether the server under test answers in the protocol's own style. */
export const isSpec = style === 'spec';

const UNKNOWN_TRANSPORT = 0;
const UNKNOWN_SID = 1;
const BAD_HANDSHAKE_METHOD = 2;
const BAD_REQUEST = 3;
const FORBIDDEN = 4;
const UNSUPPORTED_VERSION = 5;

const problem = (code, message, status = 400) => ({ status, type: 'application/json', json: { code, message } });
const plain = (text, status = 400) => ({ status, type: 'text/plain', text });
const quoted = (text) => plain(JSON.stringify(text));
const badRequest = { spec: problem(BAD_REQUEST, 'Bad request'), python: plain(undefined) };
const accepted = { status: 200, type: 'text/plain', text: 'ok' };

/** Topic -> style -> expected reply; a function is called with the case's own details. */
export const replies = {
  'post accepted': { spec: accepted, python: accepted },
  'transport missing': {
    spec: problem(UNKNOWN_TRANSPORT, 'Transport unknown'),
    python: { status: 200, type: 'text/plain', text: /^0\{.*\}$/ },
  },
  'transport unknown': {
    spec: problem(UNKNOWN_TRANSPORT, 'Transport unknown'),
    python: quoted('Invalid transport'),
  },
  'transport repeated': {
    spec: { status: 400, type: 'application/json' },
    python: { status: 400, type: 'text/plain' },
  },
  'sid unknown': {
    spec: problem(UNKNOWN_SID, 'Session ID unknown'),
    python: ({ sid }) => quoted(`Invalid session ${sid}`),
  },
  'post without sid': {
    spec: problem(BAD_HANDSHAKE_METHOD, 'Bad handshake method'),
    python: quoted('Invalid session None'),
  },
  'method unknown': {
    spec: problem(BAD_HANDSHAKE_METHOD, 'Bad handshake method'),
    python: { status: 405 },
  },
  'bad request': badRequest,
  'jsonp': badRequest,
  'rejected': {
    spec: ({ status }) => problem(FORBIDDEN, 'rejected', status),
    python: { status: 401, type: 'application/json', json: 'rejected' },
  },
  'protocol version': {
    spec: problem(UNSUPPORTED_VERSION, 'Unsupported protocol version'),
    python: plain(/version/),
  },
  'origin foreign': {
    spec: { ...problem(FORBIDDEN, undefined, 403) },
    python: quoted('Not an accepted origin.'),
  },
  'preflight': { spec: { status: 204, text: '' }, python: { status: 200, text: 'OK' } },
  'body too large': { spec: problem(BAD_REQUEST, 'Payload too large', 413), python: { status: 413 } },
  'ping from a client': { spec: badRequest.spec, python: accepted },
};

/** Asserts that `response` is what the style in use answers for `topic`. */
export function assertReply(response, topic, details = {}) {
  const entry = replies[topic][style];
  const expected = typeof entry === 'function' ? entry(details) : entry;
  const seen = `${topic}: ${response.status} ${response.text.slice(0, 300)}`;
  assert.equal(response.status, expected.status, seen);
  if (expected.type) assertType(response, expected.type);
  if (expected.text instanceof RegExp) assert.match(response.text, expected.text);
  else if (expected.text !== undefined) assert.equal(response.text, expected.text);
  if (expected.json !== undefined) assertJson(response.json, expected.json);
}

/** Whether `response` is what the style in use answers for `topic`. */
export function isReply(response, topic, details) {
  try {
    assertReply(response, topic, details);
    return true;
  } catch {
    return false;
  }
}

/** Asserts the media type, whatever its parameters. */
export function assertType(response, type) {
  const seen = response.header('content-type')?.split(';')[0].trim().toLowerCase();
  assert.equal(seen, type);
}

function assertJson(seen, expected) {
  const openEnded = expected.code !== undefined && expected.message === undefined;
  if (!openEnded) return assert.deepEqual(seen, expected);
  assert.equal(seen.code, expected.code);
  assert.equal(typeof seen.message, 'string');
}
