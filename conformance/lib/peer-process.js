// A client in a process of its own, so that it can be stopped as a whole: `node peer-process.js ORIGIN TRANSPORT`.
// Prints its session id once it is open.

import { open } from './peer.js';

const [origin, transport] = process.argv.slice(2);
const socket = await open({ origin }, { transports: [transport] });
console.log(socket.id);
