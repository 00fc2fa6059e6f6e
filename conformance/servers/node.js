// npm `engine.io` as a server for clients to be tested with: knows the flags of `engineio serve` that tests use, and
// the commands of its mode `commands`.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { Server } from 'engine.io';

const { values: flags } = parseArgs({
  options: {
    'bind': { type: 'string', default: '127.0.0.1:0' },
    'mode': { type: 'string', default: 'commands' },
    'ping-interval': { type: 'string', default: '25s' },
    'ping-timeout': { type: 'string', default: '20s' },
    'max-payload': { type: 'string', default: '1000000' },
    'transports': { type: 'string', default: 'polling,websocket' },
    'no-upgrades': { type: 'boolean', default: false },
    'cookie': { type: 'string' },
  },
});

const engine = new Server({
  pingInterval: milliseconds(flags['ping-interval']),
  pingTimeout: milliseconds(flags['ping-timeout']),
  maxHttpBufferSize: Number(flags['max-payload']),
  transports: flags.transports.split(','),
  allowUpgrades: !flags['no-upgrades'],
  cookie: flags.cookie ? { name: flags.cookie } : false,
  allowRequest: judge,
});

engine.on('connection', (socket) => socket.on('message', (message) => obey(socket, message)));

/** Refuses handshakes with `reject` in the query. */
function judge(request, decide) {
  const refused = new URL(request.url, 'http://host').searchParams.has('reject');
  decide(refused ? 'rejected' : null, !refused);
}

function obey(socket, message) {
  const [name, number] = typeof message === 'string' ? message.split(' ') : [];
  if (message === 'close') socket.close();
  else if (name === 'burst') for (let index = 0; index < Number(number); index += 1) socket.send(`burst ${index}`);
  else if (name === 'send') socket.send(Buffer.alloc(Number(number), 0xab));
  else socket.send(message);
}

function milliseconds(duration) {
  const [, number, unit] = /^(\d+)(ms|s)$/.exec(duration);
  return Number(number) * (unit === 's' ? 1000 : 1);
}

const [host, port] = flags.bind.split(':');
const http = createServer();
engine.attach(http);
http.listen(Number(port), host, () => {
  console.log(`listening on http://${host}:${http.address().port}/engine.io/`);
});
