// The servers that a client is tested against: each is a process that knows the flags of `engineio serve` which tests
// use, and the commands of its mode `commands`.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PYTHON = path('.venv/bin/python');

/**
 * By name: the command that starts the server, and how it differs. `leavesWebSocketOpen`: to disconnect, it sends a
 * close packet on a WebSocket, which npm engine.io-client ignores, and waits for the client to end the connection.
 */
export const SERVERS = {
  'engineio serve': { command: null },
  'npm engine.io': { command: [process.execPath, path('servers/node.js')] },
  'python-engineio, ASGI': { command: [PYTHON, path('servers/python.py'), 'asgi'], leavesWebSocketOpen: true },
  'python-engineio, threading': { command: [PYTHON, path('servers/python.py'), 'threading'] },
  'engineioxide': { command: [path('servers/engineioxide/target/debug/peer-engineioxide')] },
};

/** The command of a server; a missing one is a failure. */
export function commandOf({ command }) {
  const missing = command.find((word) => word.startsWith('/') && !existsSync(word));
  if (missing) throw new Error(`${missing} is missing: ./run.sh client installs and builds it`);
  return command;
}

function path(relative) {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url));
}
