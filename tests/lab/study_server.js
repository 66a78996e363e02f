// A page and the server's end of its live socket, without a browser: what is told is kept, what is said is handed over.

import {called, sized} from "./dom.js";

const browser = document.defaultView;
let timers = []; // [at, call]
const frames = []; // what the screen's next frame calls
let now = 0;
const FRAME_MS = 10;
const sockets = [];
const kept = new Map(); // the tab's session storage

globalThis.setTimeout = (call, wait = 0) => timers.push({at: now + wait, call});
globalThis.clearTimeout = (id) => {
  if (id) timers[id - 1].call = null;
};
globalThis.requestAnimationFrame = (call) => frames.push(call);
globalThis.cancelAnimationFrame = () => frames.splice(0);
performance.now = () => now;
globalThis.location = {href: "http://lab/page"};
globalThis.addEventListener = () => {};
globalThis.removeEventListener = () => {};
globalThis.reportError = (error) => {
  throw error;
};
globalThis.getComputedStyle = () => ({fontFamily: "serif", getPropertyValue: () => ""});
globalThis.sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
globalThis.WebSocket = class {
  static OPEN = 1;
  told = [];
  constructor(url) {
    this.url = url;
    sockets.push(this);
  }
  send(text) {
    this.told.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
};
browser.HTMLElement.prototype.scrollIntoView = function ({block}) {
  this.dataset.scrolled = block;
};

/** Forgets what the tab keeps, and all that was told. */
export function reset() {
  kept.clear();
  called.length = 0;
}

/** What the tab's session storage holds of a lease. */
export function leased(lease) {
  const text = kept.get(`lab.run.${lease}`);
  return text ? JSON.parse(text) : null;
}

/** Lets time pass: what was promised is settled, frames of the screen are drawn and timers run out, to that time. */
export async function pass(ms = 0) {
  const until = now + ms;
  for (;;) {
    for (let i = 0; i < 40; i += 1) await null;
    for (const call of frames.splice(0)) call(now);
    for (const timer of timers.filter(({call, at}) => call && at <= now)) {
      const {call} = timer;
      timer.call = null;
      call?.();
    }
    if (now >= until) return;
    const next = Math.min(...timers.filter(({call}) => call).map(({at}) => at));
    now = frames.length ? now + FRAME_MS : Math.max(now, Math.min(next, until));
  }
}

/** A page of that kind with a connection; `again` mounts another in its place. */
export async function open(mount, config, {connected = true} = {}) {
  document.body.replaceChildren();
  timers = [];
  frames.length = 0;
  const states = [];
  const host = {setState: (name, value) => states.push([name, value])};
  const page = mount(document.body, config, host);
  const root = document.body.querySelector(".lab");
  for (const plot of root.querySelectorAll(".lab-plot")) {
    plot.on = () => {};
    sized(plot, 400, 200);
  }
  const lab = {
    page,
    states,
    get socket() {
      return sockets.at(-1);
    },
    /** What it told the server, but for whose it is and what asks for the next frame. */
    get told() {
      return this.socket.told.filter(({type}) => !["ack", "hello"].includes(type));
    },
    find: (selector) => document.body.querySelector(selector),
    all: (selector) => [...document.body.querySelectorAll(selector)],
    text: (selector) => document.body.querySelector(selector).textContent,
    plotted: (id) => document.body.querySelector(`[data-chart="${id}"] .lab-plot`),
    async press(selector) {
      document.body.querySelector(selector).click();
      await pass();
    },
    async connect() {
      this.socket.readyState = WebSocket.OPEN;
      this.socket.onopen();
      await pass();
    },
    /** The server says something: a header, and arrays as `{group, ..., values}`; then so much time passes. */
    async say(header, arrays = [], ms = 1000) {
      this.socket.onmessage({data: encode(header, arrays)});
      await pass(ms);
    },
    async drop(reason = "") {
      this.socket.readyState = 3;
      this.socket.onclose({code: 1006, reason});
      await pass();
    },
  };
  await pass(200); // all is drawn
  if (connected) await lab.connect();
  return lab;
}

function encode(header, arrays) {
  let offset = 0;
  const said = arrays.map(({values, ...rest}) => {
    offset += 8 * values.length;
    return {...rest, dtype: "f8", shape: [values.length], offset: offset - 8 * values.length};
  });
  const text = new TextEncoder().encode(JSON.stringify({...header, arrays: said}));
  const start = Math.ceil((4 + text.length) / 8) * 8;
  const buffer = new ArrayBuffer(start + offset);
  new DataView(buffer).setUint32(0, text.length, true);
  new Uint8Array(buffer).set(text, 4);
  const values = arrays.flatMap((array) => [...array.values]);
  new Float64Array(buffer, start, values.length).set(values);
  return buffer;
}
