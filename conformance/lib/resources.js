// What a server process holds, read from the kernel.

import assert from 'node:assert/strict';
import { readFile, readdir, readlink } from 'node:fs/promises';

const PAUSE_MS = 5;
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

/** Resolves once the process has at most `count` threads. */
export async function threadsBackTo(server, count) {
  while ((await threadCount(server)) > count) await pause();
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
  while ((await openSockets(server)) > count) await pause();
}

/** How many connections this system keeps, at most, for a server that has not accepted them. */
export async function connectionQueueLimit() {
  return Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8'));
}

/** Resolves once the process has read all that was sent to it on a connection, or the connection is gone. */
export async function untilRead({ port }, { socket }) {
  const ends = [port, socket.localPort].map((number) => number.toString(16).toUpperCase().padStart(4, '0'));
  const unread = new RegExp(`:${ends[0]} \\S+:${ends[1]} \\w\\w \\w{8}:(?!00000000)`);
  const written = () => socket.destroyed || socket.writableLength === 0;
  while (!written() || unread.test(await readFile('/proc/net/tcp', 'utf8'))) await pause();
}

/**
 * Resolves once every thread of the process sleeps: whatever it had read by then has been dealt with. Two looks in
 * a row have to find that none has run in between, as threads that wake each other are never seen at the same time.
 */
export async function untilIdle({ pid }) {
  for (let before = await threads(pid), now; ; before = now) {
    await pause();
    now = await threads(pid);
    if (now.asleep && now.switches === before.switches) return;
  }
}

/** Whether all threads of a process sleep, and how often each has been put to sleep. */
async function threads(pid) {
  const names = await readdir(`/proc/${pid}/task`);
  // A thread may end between the listing and the look.
  const files = names.map((name) => readFile(`/proc/${pid}/task/${name}/status`, 'utf8').catch(() => ''));
  const found = (await Promise.all(files)).filter(Boolean);
  return {
    asleep: found.every((status) => /^State:\s+S/m.test(status)),
    switches: found.map((status) => status.match(/^(?:Pid|\w+_ctxt_switches):.*/gm).join()).join(),
  };
}

async function statusField(pid, name) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
