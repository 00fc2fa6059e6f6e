// The list of messages: bounded in rows and in bytes, written in batches so that a flood does not freeze it.

import { formatBytes, formatDuration, formatTime } from "./format.js";
import { recogniseImage } from "./image.js";

const MAX_ROWS = 500;
const MAX_BYTES = 64 * 1024 * 1024;

// Often enough to look immediate, seldom enough that a flood leaves time for everything else.
const WRITE_INTERVAL = 50;

// Within this distance of the end a reader is following, not reading back.
const FOLLOWING = 48;

const ARROWS = { in: "↓", out: "↑" };
const SPOKEN = { in: "received", out: "sent" };

export class Log {
  #list;
  #viewport;
  #onChange;
  #waiting = [];
  #waitingBytes = 0;
  #bytes = 0;
  #scheduled = false;
  #following = true;

  /** `viewport` scrolls `list`; `onChange(rows)` hears how many rows are shown. */
  constructor(list, viewport, onChange) {
    this.#list = list;
    this.#viewport = viewport;
    this.#onChange = onChange;
    viewport.addEventListener("scroll", () => (this.#following = this.#isAtEnd()));
    new ResizeObserver(() => this.#follow()).observe(viewport);
  }

  /** Adds `{ direction, data, size, transport, time, name, roundTrip }`; the last two may be missing. */
  add(entry) {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.size;
    while (isOver(this.#waiting.length, this.#waitingBytes)) this.#waitingBytes -= this.#waiting.shift().size;
    this.#schedule();
  }

  clear() {
    this.#waiting = [];
    this.#waitingBytes = 0;
    while (this.#list.firstElementChild) this.#evict();
    this.#onChange(0);
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Not requestAnimationFrame, which stands still in a hidden tab.
    setTimeout(() => this.#write(), WRITE_INTERVAL);
  }

  #write() {
    this.#scheduled = false;
    this.#bytes += this.#waitingBytes;
    this.#list.append(...this.#waiting.map(buildRow));
    this.#waiting = [];
    this.#waitingBytes = 0;
    while (isOver(this.#list.childElementCount, this.#bytes)) this.#evict();
    this.#onChange(this.#list.childElementCount);
    this.#follow();
  }

  #evict() {
    const row = this.#list.firstElementChild;
    this.#bytes -= Number(row.dataset.size);
    row.querySelectorAll("a").forEach((link) => URL.revokeObjectURL(link.href));
    row.remove();
  }

  #follow() {
    if (this.#following) this.#viewport.scrollTop = this.#viewport.scrollHeight;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#viewport;
    return scrollHeight - scrollTop - clientHeight < FOLLOWING;
  }
}

/** The newest entry stays however big it is. */
function isOver(count, bytes) {
  return count > MAX_ROWS || (count > 1 && bytes > MAX_BYTES);
}

function buildRow(entry) {
  const { direction, data, size } = entry;
  const isText = typeof data === "string";
  const row = element("li", "row");
  Object.assign(row.dataset, { direction, size, kind: isText ? "text" : "binary" });
  row.append(arrow(direction), isText ? element("p", "text", data) : buildBinary(entry), buildFacts(entry));
  return row;
}

function arrow(direction) {
  const mark = element("span", "arrow", ARROWS[direction]);
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", SPOKEN[direction]);
  return mark;
}

function buildBinary({ data, name, time }) {
  const image = recogniseImage(data);
  const link = element("a", "file");
  link.href = URL.createObjectURL(new Blob([data], { type: image?.type ?? "application/octet-stream" }));
  link.download = name ?? `message-${formatTime(time).replace(/\D/g, "")}.${image?.extension ?? "bin"}`;
  link.append(image ? thumbnail(link.href) : element("span", "sheet"), caption(link.download, image));
  return link;
}

function thumbnail(address) {
  const picture = element("img", "thumbnail");
  picture.src = address;
  picture.alt = "";
  return picture;
}

function caption(name, image) {
  const content = image ? `${image.extension.toUpperCase()} image` : "binary data";
  const text = element("span", "caption");
  text.append(element("span", "name", name), element("span", "content", `${content} · save`));
  return text;
}

function buildFacts({ time, size, transport, roundTrip }) {
  const facts = element("span", "facts");
  if (roundTrip !== undefined) facts.append(element("span", "trip", formatDuration(roundTrip)));
  facts.append(element("span", "via", transport), element("span", "bytes", formatBytes(size)));
  facts.append(element("time", "", formatTime(time)));
  return facts;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
