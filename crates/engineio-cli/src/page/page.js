// The page: shows one session at a time and lets a person drive it.

import { EngineClient } from "./client.js";
import { formatAge, formatBytes, formatDuration } from "./format.js";
import { Log } from "./log.js";
import { dataSize, PacketType } from "./packet.js";
import { RoundTrips } from "./roundtrip.js";
import { Steps } from "./steps.js";

// Enough to find the session in the server's log; the whole would let a bystander take it over.
const SID_SHOWN = 8;
const TICK = 1000;

// Parameters of the page's own address go along with every request, except those the protocol itself sets.
const RESERVED = ["EIO", "transport", "sid"];

const MODES = {
  echo: "The server sends every message back to you.",
  broadcast: "The server sends every message to everybody, and to you.",
  chat: "The server sends every message to everybody else.",
  commands: "The server sends every message back, and obeys “burst 10”, “send 1000” and “close”.",
};

// Only there an incoming message says something about our own.
const ECHOING = new Set(["echo", "commands"]);

const NOTHING = "–";

const named = document.querySelectorAll("[id]");
const ui = Object.fromEntries(Array.from(named, (element) => [element.id, element]));
const { path, mode } = document.body.dataset;
const steps = new Steps(ui.steps);
const log = new Log(ui.log, ui.viewport, showRows);

let client;
let session;

function connect() {
  const transports = ui.transports.value;
  session = { transports, trips: new RoundTrips(), pinged: undefined, sent: tally(), received: tally() };
  steps.reset(transports);
  showNotice("");
  showObjection("");
  showTraffic();
  client = new EngineClient(serverUrl(), transports);
  listen(client);
  showStatus("connecting");
}

function serverUrl() {
  const url = new URL(path, location.href);
  url.search = location.search;
  RESERVED.forEach((name) => url.searchParams.delete(name));
  return url;
}

function tally() {
  return { messages: 0, bytes: 0 };
}

function listen(target) {
  const handlers = { open, probe, upgrade, upgradeerror, ping, flush, message, close };
  for (const [name, handle] of Object.entries(handlers)) {
    target.addEventListener(name, ({ detail }) => handle(detail));
  }
}

function open({ sid, upgrades, pingInterval, maxPayload }) {
  ui.handshake.textContent = steps.duration("handshake");
  steps.finish("handshake");
  steps.use(client.transport);
  const isOffered = upgrades.includes("websocket");
  if (session.transports === "both" && !isOffered) steps.skip(["probe", "websocket"], "not offered");
  ui.ping.textContent = `every ${formatDuration(pingInterval)}`;
  ui.limit.textContent = Number.isFinite(maxPayload) ? formatBytes(maxPayload) : "none";
  ui.sid.textContent = sid.length > SID_SHOWN ? `${sid.slice(0, SID_SHOWN)}…` : sid;
  ui.transport.textContent = client.transport;
  showStatus("open");
}

function probe() {
  steps.begin("probe", "…");
}

function upgrade() {
  steps.finish("probe");
  steps.finish("polling");
  steps.use("websocket");
  ui.transport.textContent = client.transport;
}

function upgradeerror(reason) {
  steps.fail("probe");
  steps.skip(["websocket"], "not reached");
  showNotice(`No upgrade, still on polling. ${reason}`, "warning");
}

function ping() {
  session.pinged = performance.now();
  showPing();
}

function flush(packets) {
  const now = performance.now();
  for (const { type, data } of packets) {
    if (type === PacketType.message && ECHOING.has(mode)) session.trips.sent(data, now);
  }
}

function message({ data, transport }) {
  const roundTrip = session.trips.received(data, performance.now());
  if (roundTrip !== undefined) ui.rtt.textContent = formatDuration(roundTrip);
  record("in", session.received, { data, transport, roundTrip });
}

function close({ reason, expected }) {
  steps.end(!expected);
  showNotice(reason, expected ? "" : "error");
  showStatus("closed");
}

function record(direction, count, entry) {
  const size = dataSize(entry.data);
  count.messages += 1;
  count.bytes += size;
  log.add({ ...entry, direction, size, time: new Date() });
}

/** Sends one message; says in words what stands in the way, if something does. */
function send(data, name) {
  const objection = client.objection(data);
  if (objection) return showObjection(name ? `${name}: ${objection}` : objection);
  record("out", session.sent, { data, name, transport: client.transport });
  client.send(data);
  return true;
}

function sendText() {
  if (ui.message.value === "" || !send(ui.message.value)) return;
  ui.message.value = "";
  showObjection("");
}

async function sendChosenFiles() {
  await sendFiles(Array.from(ui.file.files));
  // So that the same file can be chosen once more.
  ui.file.value = "";
}

async function sendFiles(files) {
  showObjection("");
  for (const file of files) {
    const bytes = await file.arrayBuffer().catch(() => undefined);
    if (bytes === undefined) showObjection(`${file.name} cannot be read.`);
    else send(new Uint8Array(bytes), file.name);
  }
}

function showStatus(status) {
  const isOpen = status === "open";
  const focused = document.activeElement;
  document.body.dataset.status = status;
  document.title = `${status} – engineio`;
  ui.status.textContent = status;
  ui.connect.disabled = status !== "closed";
  ui.disconnect.disabled = status === "closed";
  if (focused === ui.connect || focused === ui.disconnect) keepFocus();
  ui.send.disabled = ui.file.disabled = !isOpen;
  if (!isOpen) [ui.transport, ui.sid].forEach((element) => (element.textContent = NOTHING));
  showTransportsHint();
}

/** A button that is disabled loses the focus; the keyboard goes on at its counterpart. */
function keepFocus() {
  const counterpart = ui.connect.disabled ? ui.disconnect : ui.connect;
  counterpart.focus();
}

/** About the session. */
function showNotice(text, tone = "") {
  ui.notice.textContent = text;
  ui.notice.hidden = text === "";
  ui.notice.dataset.tone = tone;
}

/** About what the person tried to send. */
function showObjection(text) {
  ui.objection.textContent = text;
  ui.objection.hidden = text === "";
}

function showTransportsHint() {
  ui["transports-hint"].hidden = client.state === "closed" || ui.transports.value === session.transports;
}

function showTraffic() {
  ui.rtt.textContent = ECHOING.has(mode) ? NOTHING : "only with echo";
  [ui.handshake, ui.ping, ui.limit].forEach((element) => (element.textContent = NOTHING));
  showCounts();
}

function showPing() {
  if (session.pinged === undefined || client.state === "closed") return;
  ui.ping.textContent = formatAge(performance.now() - session.pinged);
}

function showCounts() {
  ui.sent.textContent = describe(session.sent);
  ui.received.textContent = describe(session.received);
}

function describe({ messages, bytes }) {
  return `${messages.toLocaleString("en")} · ${formatBytes(bytes)}`;
}

function showRows(rows) {
  const total = session.sent.messages + session.received.messages;
  ui.count.textContent = rows < total && rows > 0 ? `the last ${rows}` : "";
  ui.empty.hidden = rows > 0;
  ui.clear.disabled = rows === 0;
  showCounts();
}

function handleKey(event) {
  // While an input method composes, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ui.composer.requestSubmit();
}

function handleDrop(event) {
  event.preventDefault();
  document.body.classList.remove("dropping");
  sendFiles(event.dataTransfer.files);
}

function handleDrag(event) {
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
}

function handlePaste(event) {
  if (event.clipboardData.files.length === 0) return;
  event.preventDefault();
  sendFiles(event.clipboardData.files);
}

function bind() {
  ui.connect.addEventListener("click", connect);
  ui.disconnect.addEventListener("click", () => client.close());
  ui.transports.addEventListener("change", showTransportsHint);
  ui.clear.addEventListener("click", () => log.clear());
  ui.composer.addEventListener("submit", (event) => (event.preventDefault(), sendText()));
  ui.message.addEventListener("keydown", handleKey);
  ui.message.addEventListener("paste", handlePaste);
  ui.file.addEventListener("change", sendChosenFiles);
  addEventListener("dragover", handleDrag);
  addEventListener("dragleave", handleDrag);
  addEventListener("drop", handleDrop);
  addEventListener("pagehide", () => client.leave());
  setInterval(showPing, TICK);
}

ui.path.textContent = path;
ui.mode.textContent = mode;
ui.purpose.textContent = MODES[mode] ?? "";
bind();
connect();
ui.message.focus();
