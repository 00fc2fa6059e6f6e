// TLS in front of a server: a private CA, certificates, and a relay that ends TLS.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

const DAYS = '2';

/** A CA with a certificate for `localhost` and 127.0.0.1, one for a client, and one by nobody that matters. */
export class Certificates {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'engineio-tls-'));
    this.#issue('ca', '/CN=private CA', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']);
    const leaf = 'basicConstraints=critical,CA:FALSE';
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    this.#issue('server', '/CN=localhost', [leaf, names, 'extendedKeyUsage=serverAuth'], 'ca');
    this.#issue('client', '/CN=client', [leaf, 'extendedKeyUsage=clientAuth'], 'ca');
    this.#issue('stranger', '/CN=stranger', [leaf, 'extendedKeyUsage=clientAuth']);
  }

  /** The path of `NAME.crt` or `NAME.key`, NAME being `ca`, `server`, `client` or `stranger`. */
  file(name) {
    return join(this.directory, name);
  }

  /** The content of such a file. */
  read(name) {
    return readFileSync(this.file(name), 'utf8');
  }

  /** Removes the files. */
  remove() {
    rmSync(this.directory, { recursive: true });
  }

  #issue(name, subject, extensions, issuer) {
    const authority = issuer ? ['-CA', this.file(`${issuer}.crt`), '-CAkey', this.file(`${issuer}.key`)] : [];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', this.file(`${name}.key`)];
    const words = ['req', '-x509', ...key, '-subj', subject, '-days', DAYS, ...authority];
    const more = extensions.flatMap((extension) => ['-addext', extension]);
    execFileSync('openssl', [...words, ...more, '-out', this.file(`${name}.crt`)], { stdio: 'pipe' });
  }
}

/**
 * Runs `body` with a relay that ends TLS for `server`: its `port`, and the names of the `clients` that it saw. With
 * `alpn` it chooses HTTP/2 for whoever offers that, which the server behind it does not speak.
 */
export async function withTls(server, certificates, { clientCertificate = false, alpn = ['http/1.1'] }, body) {
  const clients = [];
  const open = new Set();
  const relay = tls.createServer({
    cert: certificates.read('server.crt'),
    key: certificates.read('server.key'),
    ca: certificates.read('ca.crt'),
    requestCert: clientCertificate,
    rejectUnauthorized: clientCertificate,
    ALPNProtocols: alpn,
  });
  relay.on('secureConnection', (inbound) => {
    clients.push(inbound.getPeerCertificate().subject?.CN);
    open.add(inbound);
    forward(inbound, server);
  });
  // A client that does not trust us is what some tests are about.
  relay.on('tlsClientError', () => {});
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  try {
    return await body({ port: relay.address().port, clients });
  } finally {
    open.forEach((socket) => socket.destroy());
    relay.close();
  }
}

function forward(inbound, { host, port }) {
  const outbound = net.connect({ host, port });
  inbound.pipe(outbound).pipe(inbound);
  inbound.on('close', () => outbound.destroy());
  inbound.on('error', () => outbound.destroy());
  outbound.on('error', () => inbound.destroy());
}
