// npm proxy-chain as a process: says where it listens, and then, in a line each, what it is asked for.

import { Server } from 'proxy-chain';

const proxy = new Server({
  host: '127.0.0.1',
  port: 0,
  prepareRequestFunction: ({ request, hostname, port }) => {
    console.log(`${request.method} ${hostname}:${port}`);
    return {};
  },
});
// What went wrong is for the client to report.
proxy.on('requestFailed', () => {});
await proxy.listen();
console.log(`listening on http://127.0.0.1:${proxy.port}`);
