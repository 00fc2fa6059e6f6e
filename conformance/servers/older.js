// Servers of Engine.IO 3 for clients to find out about: `older.js socket.io|engine.io`. Says where it listens.

import { createServer } from 'node:http';

import { attach } from 'engine.io-3';
import socketio from 'socket.io-2';

const http = createServer();
if (process.argv[2] === 'socket.io') socketio(http);
else attach(http);

http.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
