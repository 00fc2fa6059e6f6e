// npm `socket.io` as a server for clients to be tested with: `socketio.js [--bind HOST:PORT]`. Says where it listens.
//
// Events: `echo` is sent back, and acknowledged where that is wanted; `burst` N sends N numbered `item`s; `leave` ends
// the connection. The namespace `/private` wants `{token: 'secret'}`.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { Server } from 'socket.io';

const { values: flags } = parseArgs({ options: { bind: { type: 'string', default: '127.0.0.1:0' } } });

const http = createServer();
const io = new Server(http);

for (const namespace of [io, io.of('/private')]) {
  namespace.on('connection', (socket) => {
    socket.on('echo', (...words) => {
      const acknowledge = typeof words.at(-1) === 'function' ? words.pop() : () => {};
      socket.emit('echo', ...words);
      acknowledge(...words);
    });
    socket.on('burst', (count) => {
      for (let index = 0; index < count; index += 1) socket.emit('item', index);
    });
    socket.on('leave', () => socket.disconnect(true));
  });
}
io.of('/private').use((socket, next) => {
  next(socket.handshake.auth.token === 'secret' ? undefined : new Error('no entry'));
});

const [host, port] = flags.bind.split(':');
http.listen(Number(port), host, () => console.log(`listening on http://${host}:${http.address().port}`));
