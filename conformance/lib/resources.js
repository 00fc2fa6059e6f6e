// What a server process holds, read from the kernel.

import assert from 'node:assert/strict';
import { readFile, readdir, readlink } from 'node:fs/promises';

const PAUSE_MS = 20;
/** What an attack may make a server keep: its limits, and what an allocator does not give back at once. */
const GROWTH_LIMIT = 32 * 1024 * 1024;

/** Resident memory in bytes. */
export async function residentBytes({ pid }) {
  return (await statusField(pid, 'VmRSS')) * 1024;
}

/** Asserts that the server holds little more memory than `before`, an earlier reading. */
export async function assertBounded(server, before, limit = GROWTH_LIMIT) {
  const grown = (await residentBytes(server)) - before;
  assert.ok(grown < limit, `resident memory grew by ${grown} bytes`);
}

/** The number of threads. */
export function threadCount({ pid }) {
  return statusField(pid, 'Threads');
}

/** The number of open sockets. */
export async function openSockets({ pid }) {
  const names = await readdir(`/proc/${pid}/fd`);
  // A descriptor may be closed between the listing and the look.
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith('socket:')).length;
}

/** Resolves once the process holds at most `count` sockets. */
export async function socketsBackTo(server, count) {
  while ((await openSockets(server)) > count) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function statusField(pid, name) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
}
