// engine.io on Node.js with its defaults, as an echo or a broadcast server. Only what the cases need is changed: the
// heartbeat is out of the way. Its limit for a message, 1 MB, is enough already.

import { createServer } from "node:http";
import { Server } from "engine.io";

const mode = process.argv[2];
if (mode !== "echo" && mode !== "broadcast") {
  throw new Error("usage: server.js echo|broadcast");
}

const engine = new Server({ pingInterval: 300_000, pingTimeout: 200_000 });
const sockets = new Set();

engine.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (message) => {
    for (const receiver of mode === "echo" ? [socket] : sockets) {
      receiver.send(message);
    }
  });
});

const http = createServer();
engine.attach(http);
http.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}/engine.io/`);
});
