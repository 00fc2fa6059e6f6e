// The command `engineio` as its users run it: a process with lines going in and lines coming out.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { flagsToArguments, requireBinary, track } from './server.js';

/** A running command. */
export class Command {
  /** The lines of standard output so far. */
  lines = [];
  /** Standard error so far. */
  log = '';
  #child;
  #wake = () => {};

  /** `flags` are in camel case, see `engineio help`; `environment` is added to that of this process. */
  constructor(words, flags = {}, environment = {}) {
    this.#child = spawn(requireBinary(), [...words, ...flagsToArguments(flags)], {
      stdio: 'pipe',
      env: { ...process.env, ...environment },
    });
    track(this.#child);
    // A command that has ended no longer reads, which is for the test to notice by what is missing.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (chunk) => this.#arrived(() => (this.log += chunk)));
    createInterface({ input: this.#child.stdout, crlfDelay: 0 }).on('line', (line) =>
      this.#arrived(() => this.lines.push(line)),
    );
    /** Resolves with the exit code, or the signal, when the process is gone and everything was read. */
    this.exited = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve(code ?? signal)));
    this.exited.then(() => this.#wake());
  }

  /** Writes lines to standard input. */
  write(...lines) {
    this.#child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Ends standard input. */
  end() {
    this.#child.stdin.end();
  }

  /** Sends a signal. */
  signal(name) {
    this.#child.kill(name);
  }

  /** Ends the process; a stopped (SIGSTOP) one too. */
  async stop() {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Resolves with the first result of `look` that is not undefined; looks whenever something was written. */
  async until(look) {
    let gone = false;
    this.exited.then(() => (gone = true));
    for (;;) {
      const found = look(this);
      if (found !== undefined) return found;
      if (gone) throw new Error(`the command ended (${await this.exited}) before it wrote what was expected`);
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  #arrived(keep) {
    keep();
    this.#wake();
  }
}
