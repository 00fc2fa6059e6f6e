// A TCP relay in front of a server that remembers the request heads which passed through it.

import net from 'node:net';

/**
 * Runs `body` with a relay to `server`: its `origin`, and the `heads` seen so far. A connection that carries a head
 * which matches `refuse` is cut, as a proxy does that cannot carry it.
 */
export async function withRelay(server, body, refuse = /$^/) {
  const heads = [];
  const relay = net.createServer((inbound) => forward(inbound, server, { heads, refuse }));
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  try {
    return await body({ origin: `http://127.0.0.1:${relay.address().port}`, heads });
  } finally {
    relay.close();
  }
}

function forward(inbound, { host, port }, { heads, refuse }) {
  const outbound = net.connect({ host, port });
  inbound.on('data', (chunk) => {
    remember(chunk.toString('latin1'), heads);
    if (refuse.test(chunk.toString('latin1'))) inbound.destroy();
  });
  inbound.pipe(outbound).pipe(inbound);
  // A peer may reset its side at any time; the other side is then of no use either.
  inbound.on('close', () => outbound.destroy());
  inbound.on('error', () => outbound.destroy());
  outbound.on('error', () => inbound.destroy());
}

function remember(text, heads) {
  if (/^(GET|POST|OPTIONS) /.test(text)) heads.push(text.split('\r\n\r\n')[0]);
}
