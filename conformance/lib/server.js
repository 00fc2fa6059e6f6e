// A real server process: started on a free port, watched, and always ended.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { commandOf } from './servers.js';
import { within } from './within.js';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const LISTENING = /^listening on http:\/\/([^\s/]+):(\d+)(\/\S*)$/;
const LOG_LIMIT = 64 * 1024;
const PATIENCE_MS = 120_000;

/** The processes that are running, so that none of them outlives this one. */
const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));

/** Ends a child process with this one. */
export function track(child) {
  running.add(child);
  child.once('close', () => running.delete(child));
}

function binaryPath() {
  return process.env.ENGINEIO_BIN ?? resolve(REPOSITORY, 'target/release/engineio');
}

/** Turns `{ pingInterval: '300ms', noUpgrades: true, cors: ['a', 'b'] }` into command line flags. */
export function flagsToArguments(flags) {
  return Object.entries(flags).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) return [flag];
    return [value].flat().flatMap((item) => [flag, String(item)]);
  });
}

/** The command that starts a server: the peer's, or `$CONFORMANCE_SERVER` if set, otherwise `engineio serve`. */
function serverCommand(flags, peer) {
  const parameters = flagsToArguments({ bind: '127.0.0.1:0', ...flags });
  if (peer?.command) return [...commandOf(peer), ...parameters];
  const template = process.env.CONFORMANCE_SERVER;
  if (!template) return [requireBinary(), 'serve', ...parameters];
  const words = template.split(/\s+/).filter(Boolean);
  const place = words.indexOf('{args}');
  return place < 0 ? [...words, ...parameters] : words.toSpliced(place, 1, ...parameters);
}

/** The path of the `engineio` binary under test. */
export function requireBinary() {
  const path = binaryPath();
  if (existsSync(path)) return path;
  throw new Error(`no binary at ${path}: build it (cargo build --release) or set ENGINEIO_BIN`);
}

/** A running server. `flags` are those of `engineio serve`, in camel case; `peer` is one of `SERVERS`. */
export class Server {
  #child;
  #log = '';

  /** Starts a server and resolves once it has said where it listens. */
  static async start(flags = {}, peer = undefined) {
    const server = new Server(flags, peer);
    await server.#listening();
    return server;
  }

  constructor(flags, peer) {
    const [program, ...parameters] = serverCommand(flags, peer);
    this.flags = flags;
    this.#child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    track(this.#child);
    this.#child.stderr.on('data', (chunk) => this.#remember(chunk));
    /** Resolves with `{ code, signal }` when the process is gone. */
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve({ code: null, signal: null, error }));
      this.#child.on('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** `http://host:port`, what a browser sends as `Origin`. */
  get origin() {
    return `http://${this.authority}`;
  }

  /** `host:port`, what a client sends as `Host`. */
  get authority() {
    return `${this.host}:${this.port}`;
  }

  /** The newest lines of the server's standard error. */
  get log() {
    return this.#log;
  }

  /** Sends a signal to the process. */
  signal(name) {
    this.#child.kill(name);
  }

  /** Ends the process; a stopped (SIGSTOP) one too. */
  async stop() {
    this.signal('SIGKILL');
    await this.exited;
  }

  #remember(chunk) {
    this.#log = (this.#log + chunk).slice(-LOG_LIMIT);
  }

  async #listening() {
    const lines = createInterface({ input: this.#child.stdout });
    const found = new Promise((resolve) => lines.on('line', (line) => resolve(LISTENING.exec(line))));
    const match = await Promise.race([found, this.exited.then((exit) => this.#neverListened(exit))]);
    if (!match) throw new Error('the first line on standard output must be `listening on URL`');
    const [, host, port, path] = match;
    Object.assign(this, { host, port: Number(port), path });
  }

  #neverListened({ code, signal, error }) {
    throw new Error(`the server ended before it listened (${error ?? signal ?? `exit ${code}`})\n${this.log}`);
  }
}

/** Runs `body` with a server of its own, in bounded time; what the server logged is added to a failure. */
export async function withServer(flags, body, peer = undefined) {
  const server = await Server.start(flags, peer);
  try {
    return await within(PATIENCE_MS, body(server));
  } catch (error) {
    throw explain(error, server);
  } finally {
    await server.stop();
  }
}

/** Adds what the server logged to an error that a test is about to fail with. */
export function explain(error, server) {
  const log = server?.log.trim().split('\n').slice(-40).join('\n');
  if (log && error instanceof Error) error.message += `\n--- the server's log ---\n${log}`;
  return error;
}
