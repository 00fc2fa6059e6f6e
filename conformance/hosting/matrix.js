// matrix.js URL CASE... (`--list` prints the names of all cases): what clients of JavaScript see of a host. Prints one line of JSON for each case: its name, the error
// if it failed, and the ids of sessions with the reason that their disconnect handlers have to be told.
import { once } from 'node:events';

import { Socket } from 'engine.io-client';
import WebSocket from 'ws';

const [url, ...wanted] = process.argv.slice(2);
// What the host is known not to do, see Host.traits in hosts.py.
const traits = JSON.parse(process.env.HOST_TRAITS ?? '{}');
const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const PATIENCE = 90_000;
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

class Peer {
  constructor(transports, query = {}) {
    this.socket = new Socket(url, { transports, query, rejectUnauthorized: false });
    this.messages = [];
    this.waiting = [];
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (data) => {
      const wake = this.waiting.shift();
      wake ? wake(data) : this.messages.push(data);
    });
  }

  async open() {
    await once(this.socket, 'open');
    return this;
  }

  async upgraded() {
    if (this.socket.transport.name !== 'websocket') await once(this.socket, 'upgrade');
    return this;
  }

  next() {
    return this.messages.length ? this.messages.shift() : new Promise((resolve) => this.waiting.push(resolve));
  }
}

function same(actual, expected) {
  const plain = (value) => (ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? Buffer.from(value) : value);
  const [a, e] = [plain(actual), plain(expected)];
  const equal = Buffer.isBuffer(e) ? Buffer.isBuffer(a) && a.equals(e) : a === e;
  if (!equal) throw new Error(`expected ${String(expected).slice(0, 60)}, got ${String(actual).slice(0, 60)}`);
}

async function peerOf(name) {
  const peer = await new Peer(TRANSPORTS[name]).open();
  if (name === 'upgrade') await peer.upgraded();
  return peer;
}

async function echo(peer) {
  const messages = ['hello', 'äöü€😀', 'x'.repeat(200_000), Buffer.from([0, 1, 255])];
  if (!traits.dropsEmptyMessages) messages.push(Buffer.alloc(0));
  messages.push(Buffer.alloc(300_000, 7), '{"a":', 'last');
  for (const message of messages) peer.socket.send(message);
  for (const message of messages) same(await peer.next(), message);
}

async function order(peer) {
  peer.socket.send('burst 300');
  for (let i = 0; i < 300; i++) same(await peer.next(), `burst ${i}`);
  for (let i = 0; i < 300; i++) peer.socket.send(`number ${i}`);
  for (let i = 0; i < 300; i++) same(await peer.next(), `number ${i}`);
}

async function upgradeUnderTraffic() {
  const peer = await new Peer(TRANSPORTS.upgrade).open();
  const upgraded = peer.upgraded().then(() => (peer.over = true));
  let sent = 0;
  let received = 0;
  while (!peer.over || received < sent) {
    if (!peer.over) for (let i = 0; i < 5; i++) peer.socket.send(`traffic ${sent++}`);
    while (received < sent) same(await peer.next(), `traffic ${received++}`);
  }
  await upgraded;
  same(peer.socket.transport.name, 'websocket');
  await order(peer);
  peer.socket.close();
}

async function rejected(transports) {
  const peer = new Peer(transports, { reject: '1' });
  peer.socket.on('open', () => peer.socket.emit('error', new Error('it was accepted')));
  const [error] = await once(peer.socket, 'error');
  if (error.message === 'it was accepted') throw error;
  if (transports[0] === 'polling') same(error.description, 401);
}

function raw(protocols = [], query = '') {
  const target = `${url.replace('http', 'ws')}/engine.io/?EIO=4&transport=websocket${query}`;
  return new WebSocket(target, protocols, { rejectUnauthorized: false, perMessageDeflate: false });
}

async function rawOpen(protocols) {
  const socket = raw(protocols);
  socket.messages = [];
  socket.on('message', (data, binary) => socket.messages.push(binary ? data : data.toString()));
  while (socket.messages.length === 0) await once(socket, 'message');
  socket.sid = JSON.parse(socket.messages.shift().slice(1)).sid;
  return socket;
}

/** The next message that is no ping. */
async function rawNext(socket) {
  for (;;) {
    while (socket.messages.length === 0) await once(socket, 'message');
    const message = socket.messages.shift();
    if (message !== '2') return message;
  }
}

async function closeCode(socket, code) {
  const [actual] = await once(socket, 'close');
  same(actual, traits.saysCloseCodes ? code : 1000);
}

const cases = {
  'traffic while upgrading': upgradeUnderTraffic,
  'rejection by polling': () => rejected(TRANSPORTS.polling),
  'rejection by websocket': () => rejected(TRANSPORTS.websocket),
  async 'rejection has a status and a body'() {
    const socket = raw([], '&reject=1');
    const [, response] = await once(socket, 'unexpected-response');
    response.resume();
    return { status: response.statusCode };
  },
  async 'the first subprotocol is echoed'() {
    const socket = await rawOpen(['chat', 'other']);
    same(socket.protocol, 'chat');
    socket.close();
  },
  async 'ping frames are answered'() {
    const socket = await rawOpen();
    socket.ping('are you there');
    same((await once(socket, 'pong'))[0].toString(), 'are you there');
    socket.close();
  },
  async 'fragments are joined'() {
    const socket = await rawOpen();
    socket.send('4in ', { fin: false });
    socket.send('two ', { fin: false });
    socket.send('parts', { fin: true });
    same(await rawNext(socket), '4in two parts');
    socket.close();
  },
  async 'a message of the limit is taken'() {
    const socket = await rawOpen();
    socket.send(Buffer.alloc(1_000_000, 1));
    same(await rawNext(socket), Buffer.alloc(1_000_000, 1));
    socket.close();
  },
  async 'a message over the limit closes with 1009'() {
    const socket = await rawOpen();
    socket.send(Buffer.alloc(1_000_001));
    await closeCode(socket, 1009);
    return { reasons: { [socket.sid]: 'transport error' } };
  },
  async 'text over the limit in bytes closes with 1009'() {
    const socket = await rawOpen();
    socket.send('4' + 'é'.repeat(600_000));
    await closeCode(socket, 1009);
    return { reasons: { [socket.sid]: 'transport error' } };
  },
  async 'an undecodable packet closes with 1008'() {
    const socket = await rawOpen();
    socket.send('nonsense');
    await closeCode(socket, 1008);
    return { reasons: { [socket.sid]: 'transport error' } };
  },
  async 'a connection that is cut'() {
    const socket = await rawOpen();
    socket.terminate();
    return { reasons: { [socket.sid]: 'transport close' } };
  },
  async 'a websocket that closes'() {
    const socket = await rawOpen();
    socket.close(1000, 'enough');
    await closeCode(socket, 1000);
    return { reasons: { [socket.sid]: 'transport close' } };
  },
};

for (const name of Object.keys(TRANSPORTS)) {
  cases[`echo by ${name}`] = async () => {
    const peer = await peerOf(name);
    await echo(peer);
    await order(peer);
    const sid = peer.socket.id;
    peer.socket.close();
    // Over a WebSocket, this client closes that and sends no packet.
    return { reasons: { [sid]: name === 'polling' ? 'client disconnect' : 'transport close' } };
  };
  cases[`server closes ${name}`] = async () => {
    const peer = await peerOf(name);
    const sid = peer.socket.id;
    peer.socket.send('close');
    await peer.closed;
    return { reasons: { [sid]: 'server disconnect' } };
  };
  cases[`no pongs by ${name}`] = async () => {
    const peer = await peerOf(name);
    const sid = peer.socket.id;
    const send = peer.socket._sendPacket ?? peer.socket.sendPacket;
    peer.socket._sendPacket = peer.socket.sendPacket = function (type, ...rest) {
      if (type !== 'pong') send.call(this, type, ...rest);
    };
    await peer.closed;
    return { reasons: { [sid]: 'ping timeout' } };
  };
  cases[`a foreign thread sends by ${name}`] = async () => {
    const peer = await peerOf(name);
    peer.socket.send('foreign hello');
    same(await peer.next(), 'hello');
    peer.socket.close();
  };
}

async function run(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE / 1000} s`)), PATIENCE);
  });
  const outcome = await Promise.race([work(), late]).then(
    (result) => ({ name, ...result }),
    (error) => ({ name, error: `${error.message ?? error} ${error.description ?? ''}` }),
  );
  clearTimeout(timer);
  console.log(JSON.stringify(outcome));
}

if (url === '--list') {
  console.log(Object.keys(cases).join('\n'));
  process.exit(0);
}
await Promise.all(wanted.map((name) => run(name, cases[name])));
process.exit(0);
