// What the HTTP server around the Python package decides, where the package has no say: the cases that come out
// differently there, each with the reason. The table is exact: `suite` fails when one of them holds after all.

const NO_HEAD_DEADLINE = 'it waits for the rest of a head as long as the connection lasts';
const HEADS_OF_64_KIB = 'it takes heads of up to 64 KiB';
const SILENT_ABOVE_8_KIB = 'it does not answer a WebSocket handshake with a line above 8 KiB';
const DROPS_WHAT_FOLLOWS = 'it drops what comes together with a handshake';
const COUNTS_NO_FRAGMENTS = 'it counts the bytes of fragments, not the fragments';
const ONE_REQUEST = 'it ends the connection with the response, and reads on without answering';

/** The host under test: none for `engineio serve`. */
const host = process.env.CONFORMANCE_HOST;

/** Host -> group of cases -> case -> why it comes out differently. */
const DECIDED = {
  werkzeug: {
    'abuse: requests': {
      'two Content-Lengths that differ: refused, nothing delivered': 'the last one counts for it, and it waits for more',
    },
    'deadlines': {
      'a request head at one byte per second: cut off; an idle connection meanwhile is kept': NO_HEAD_DEADLINE,
      'a WebSocket handshake head at one byte per second: cut off': NO_HEAD_DEADLINE,
    },
    'limits: request head': {
      'more than 16 KiB': HEADS_OF_64_KIB,
      'a target above the limit': HEADS_OF_64_KIB,
    },
    'polling': {
      'GET aborted by the client: session closed': 'it does not look at the connection while the application waits',
      'many requests on one connection': ONE_REQUEST,
    },
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
