// An Engine.IO server that echoes at `/v2/`, and redirects handshakes for any other path there. Says where it listens.

import { createServer } from 'node:http';

import { Server } from 'engine.io';

const http = createServer();
const engine = new Server();
engine.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));

const lives = (request) => request.url.startsWith('/v2/');
const target = ({ url }) => `/v2/${url.slice(url.indexOf('?'))}`;

http.on('request', (request, response) => {
  if (lives(request)) engine.handleRequest(request, response);
  else response.writeHead(308, { location: target(request) }).end();
});
http.on('upgrade', (request, socket, head) => {
  if (lives(request)) engine.handleUpgrade(request, socket, head);
  else socket.end(`HTTP/1.1 307 Temporary Redirect\r\nlocation: ${target(request)}\r\ncontent-length: 0\r\n\r\n`);
});
http.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
