// Real proxies that remember what went through them: npm proxy-chain for HTTP, Debian's microsocks for SOCKS5.

import { spawn } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { Server as ProxyServer } from 'proxy-chain';

import { track } from './server.js';

const PAUSE_MS = 5;

/** Runs `body` with an HTTP proxy: its `url`, and the requests `seen`, as in `CONNECT host:port`. */
export async function withHttpProxy(body, credentials = undefined) {
  const seen = [];
  const server = new ProxyServer({
    host: '127.0.0.1',
    port: 0,
    prepareRequestFunction: ({ request, hostname, port, username, password }) => {
      seen.push(`${request.method} ${hostname}:${port}`);
      return { requestAuthentication: credentials !== undefined && credentials !== `${username}:${password}` };
    },
  });
  // What went wrong is for the client to report.
  server.on('requestFailed', () => {});
  await server.listen();
  try {
    return await body({ url: `http://${userinfo(credentials)}127.0.0.1:${server.port}`, seen });
  } finally {
    await server.close(true);
  }
}

/** Runs `body` with a SOCKS5 proxy: its `url`, and `log()`, which has a line for each connection. */
export async function withSocksProxy(body, credentials = undefined) {
  const [user, password] = credentials?.split(':') ?? [];
  const login = credentials ? ['-u', user, '-P', password] : [];
  const child = spawn('microsocks', ['-i', '127.0.0.1', '-p', '0', ...login], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  track(child);
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const gone = new Promise((resolve) => child.once('close', resolve));
  const failed = new Promise((_, reject) => child.once('error', reject));
  try {
    const port = await Promise.race([listeningPort(child), failed]);
    return await body({ url: `socks5h://${userinfo(credentials)}127.0.0.1:${port}`, log: () => log });
  } finally {
    child.kill();
    await gone;
  }
}

function userinfo(credentials) {
  return credentials ? `${credentials}@` : '';
}

/** The port that a process listens on, which it does not tell; as soon as it does. */
async function listeningPort({ pid }) {
  for (;;) {
    const sockets = await socketsOf(pid);
    const listening = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
    const found = listening.find(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(inode));
    if (found) return Number.parseInt(found[1].split(':')[1], 16);
    await pause(PAUSE_MS);
  }
}

async function socketsOf(pid) {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return new Set(targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
}
