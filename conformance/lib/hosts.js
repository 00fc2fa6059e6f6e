// What the HTTP server around the Python package decides, where the package has no say: the cases that come out
// differently there, each with the reason. The table is exact: `suite` fails when one of them holds after all.

const NO_HEAD_DEADLINE = 'it waits for the rest of a head as long as the connection lasts';
const HEADS_OF_64_KIB = 'it takes heads of up to 64 KiB';
const SILENT_ABOVE_8_KIB = 'it does not answer a WebSocket handshake with a line above 8 KiB';
const DROPS_WHAT_FOLLOWS = 'it drops what comes together with a handshake';
const COUNTS_NO_FRAGMENTS = 'it counts the bytes of fragments, not the fragments';
const ABSOLUTE_IS_A_PATH = 'it takes a target in absolute form for a path';
const REFUSES_IN_HTTP_1_0 = 'it answers a head that it refuses with 400, in HTTP/1.0';
const MORE_THAN_100_HEADERS = 'it answers more than 100 headers with 400';
const DOES_NOT_LOOK = 'it does not look at the connection while the application waits';
const ONE_REQUEST = 'it ends the connection with the response, and reads on without answering';

/** The host under test: none for `engineio serve`. */
const host = process.env.CONFORMANCE_HOST;

/** Host -> group of cases -> case -> why it comes out differently. */
const DECIDED = {
  werkzeug: {
    'deadlines': {
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept': NO_HEAD_DEADLINE,
      'a WebSocket handshake head at one byte per second: cut off': NO_HEAD_DEADLINE,
    },
    'limits: request head': {
      'more than 16 KiB': HEADS_OF_64_KIB,
      'a target above the limit': HEADS_OF_64_KIB,
    },
    'polling': {
      'GET aborted by the client: session closed': DOES_NOT_LOOK,
      'many requests on one connection': ONE_REQUEST,
    },
  },
  gevent: {
    'abuse: requests': {
      'two Content-Lengths that differ: refused, nothing delivered': 'one of them counts for it',
      'Content-Length together with Transfer-Encoding smuggles nothing':
        'it reads chunks, and takes what follows for another request',
    },
    'published attacks: WebSocket': { 'CVE-2024-37890 more headers than there may be': MORE_THAN_100_HEADERS },
    'deadlines': {
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept': NO_HEAD_DEADLINE,
      'a WebSocket handshake head at one byte per second: cut off': NO_HEAD_DEADLINE,
    },
    'host': { 'a target in absolute form: its host counts, not the field': ABSOLUTE_IS_A_PATH },
    'limits: request head': {
      'more than 100 headers': MORE_THAN_100_HEADERS,
      'more than 16 KiB': HEADS_OF_64_KIB,
    },
    'polling': { 'GET aborted by the client: session closed': DOES_NOT_LOOK },
  },
  aiohttp: {
    'abuse: requests': {
      'Content-Length together with Transfer-Encoding smuggles nothing': REFUSES_IN_HTTP_1_0,
      'a sid of 64 KB: refused on every kind of request': REFUSES_IN_HTTP_1_0,
      'a sid of raw bytes above ASCII: refused on every kind of request': REFUSES_IN_HTTP_1_0,
    },
    'published attacks: HTTP': { 'CVE-2023-31125 a transport of 64 KB': REFUSES_IN_HTTP_1_0 },
    'published attacks: WebSocket': {
      'CVE-2024-37890 more headers than there may be': REFUSES_IN_HTTP_1_0,
      'CVE-2021-32640 a long Sec-WebSocket-Protocol of spaces': REFUSES_IN_HTTP_1_0,
      'CVE-2026-48779 endless one-byte fragments: cut off, memory stays bounded': COUNTS_NO_FRAGMENTS,
      'CVE-2026-48779 endless empty fragments: cut off': COUNTS_NO_FRAGMENTS,
    },
    'deadlines': {
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept': NO_HEAD_DEADLINE,
      'a WebSocket handshake head at one byte per second: cut off': NO_HEAD_DEADLINE,
    },
    'host': {
      'repeated, the same twice: 400 on every kind of request': REFUSES_IN_HTTP_1_0,
      'repeated, the same twice: no page counts as our own': REFUSES_IN_HTTP_1_0,
      'repeated, another one behind it: 400 on every kind of request': REFUSES_IN_HTTP_1_0,
      'repeated, another one behind it: no page counts as our own': REFUSES_IN_HTTP_1_0,
      'repeated, another one before it: 400 on every kind of request': REFUSES_IN_HTTP_1_0,
      'repeated, another one before it: no page counts as our own': REFUSES_IN_HTTP_1_0,
      'repeated, three of them: 400 on every kind of request': REFUSES_IN_HTTP_1_0,
      'repeated, three of them: no page counts as our own': REFUSES_IN_HTTP_1_0,
      'missing in HTTP/1.1: 400': REFUSES_IN_HTTP_1_0,
      'a target in absolute form: its host counts, not the field': 'it does not tell the application of that host',
    },
    'limits: request head': {
      'one inside the limits is accepted': 'it takes lines of less than 8 KiB',
      'more than 100 headers': 'it takes more than 100',
      'more than 16 KiB': REFUSES_IN_HTTP_1_0,
      'a target above the limit': REFUSES_IN_HTTP_1_0,
    },
    'limits: fragments': { 'more: closed': COUNTS_NO_FRAGMENTS },
    'polling': {
      'GET aborted by the client: session closed': 'it tells the application of that only if it was set up to cancel it',
    },
    'websocket: frames': { 'unmasked: closed with 1002': 'it takes frames that are not masked' },
  },
  uvicorn: {
    'abuse: requests': { 'a sid of 64 KB: refused on every kind of request': SILENT_ABOVE_8_KIB },
    'abuse: WebSocket floods': {
      'a million WebSocket pings from a client that reads nothing: memory stays bounded':
        'it queues the answers to pings without a limit',
    },
    'published attacks: HTTP': { 'CVE-2023-31125 a transport of 64 KB': SILENT_ABOVE_8_KIB },
    'published attacks: WebSocket': {
      'CVE-2022-21676 garbage right behind a fresh handshake': DROPS_WHAT_FOLLOWS,
      'CVE-2022-21676 garbage right behind an upgrade: the session stays on polling': DROPS_WHAT_FOLLOWS,
      'CVE-2022-21676 a good frame right behind the handshake is not lost': DROPS_WHAT_FOLLOWS,
      'CVE-2024-37890 more headers than there may be': 'it takes more than 100, and does not answer a handshake above',
      'CVE-2021-32640 a long Sec-WebSocket-Protocol of spaces': SILENT_ABOVE_8_KIB,
      'CVE-2026-48779 endless one-byte fragments: cut off, memory stays bounded': COUNTS_NO_FRAGMENTS,
      'CVE-2026-48779 endless empty fragments: cut off': COUNTS_NO_FRAGMENTS,
    },
    'deadlines': {
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept': NO_HEAD_DEADLINE,
      'a WebSocket handshake head at one byte per second: cut off': NO_HEAD_DEADLINE,
    },
    'host': { 'a target in absolute form: its host counts, not the field': ABSOLUTE_IS_A_PATH },
    'limits: request head': {
      'more than 100 headers': HEADS_OF_64_KIB,
      'more than 16 KiB': HEADS_OF_64_KIB,
      'a target above the limit': HEADS_OF_64_KIB,
    },
    'limits: fragments': { 'more: closed': COUNTS_NO_FRAGMENTS },
  },
};

/** The cases of a group that the host decides: case -> why. */
export function decidedByHost(group) {
  return { ...DECIDED[host]?.[group] };
}

/** The groups that the table knows, whichever the host. */
export const groupsOfHosts = () => [...new Set(Object.values(DECIDED).flatMap(Object.keys))];

/** So many, or a tenth of them where the server is in Python, which takes its time. */
export const many = (count) => (host ? count / 10 : count);
