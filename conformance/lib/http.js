// HTTP/1.1 as bytes: requests that may be wrong on purpose, responses read strictly.

/** A response as it came over the wire. */
class Response {
  constructor({ status, headers, body }) {
    Object.assign(this, { status, headers, body });
  }

  /** The values of a header, joined by `, `; undefined when it is absent. */
  header(name) {
    return this.headers.get(name.toLowerCase())?.join(', ');
  }

  /** The items of a comma-separated header, in lower case. */
  list(name) {
    return (this.header(name) ?? '')
      .split(',')
      .map((item) => item.trim().toLowerCase())
      .filter(Boolean);
  }

  get text() {
    return this.body.toString('utf8');
  }

  get json() {
    return JSON.parse(this.text);
  }
}

/**
 * The bytes of a request. `headers` is a list of `[name, value]` pairs, so that a name can be repeated;
 * `Host` and `Content-Length` are added unless the list has them (or `Transfer-Encoding`).
 */
export function formatRequest({ method = 'GET', target, host, headers = [], body }) {
  const content = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [...headers];
  if (!names.has('host')) lines.unshift(['Host', host]);
  if (body !== undefined && !names.has('content-length') && !names.has('transfer-encoding')) {
    lines.push(['Content-Length', content.length]);
  }
  const head = [`${method} ${target} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), content]);
}

/** One chunk of a chunked body. */
export function formatChunk(data) {
  const bytes = Buffer.from(data);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** Reads one response from a `ByteStream`; `method` is the request's, since a reply to HEAD has no body. */
export async function readResponse(stream, method = 'GET') {
  const head = (await stream.readThrough('\r\n\r\n')).toString('latin1');
  const [statusLine, ...lines] = head.trimEnd().split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3})(?: .*)?$/.exec(statusLine);
  if (!match) throw new Error(`not an HTTP/1.1 status line: ${statusLine}`);
  const status = Number(match[1]);
  if (status === 100) return readResponse(stream, method);
  const headers = parseHeaders(lines);
  return new Response({ status, headers, body: await readBody(stream, { status, headers, method }) });
}

function parseHeaders(lines) {
  const headers = new Map();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
}

function readBody(stream, { status, headers, method }) {
  const hasNone = method === 'HEAD' || status === 101 || status === 204 || status === 304;
  if (hasNone) return Buffer.alloc(0);
  if (headers.get('transfer-encoding')?.includes('chunked')) return readChunks(stream);
  const length = headers.get('content-length')?.[0];
  return length === undefined ? stream.readToEnd() : stream.read(Number(length));
}

async function readChunks(stream) {
  const chunks = [];
  for (;;) {
    const size = Number.parseInt((await stream.readThrough('\r\n')).toString('latin1'), 16);
    const chunk = await stream.read(size + 2);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, size));
  }
}
