// A tab without a browser: its address and storage, a clock that a test moves, and a socket whose other end it
// plays.

import {mock} from "node:test";
import "./dom.js";

const SIZES = {f8: 8};

/**
 * A frame as the server sends it (see `assets/lab/data/frames.js`).
 *
 * @param {object} header
 * @param {object[]} arrays each what is said of it, with its `values`; a `shape` where it is not a list
 */
export function encode(header, arrays = []) {
  let offset = 0;
  const said = arrays.map(({values, ...array}) => {
    const place = {dtype: "f8", shape: [values.length], ...array, offset};
    offset += SIZES.f8 * values.length;
    return place;
  });
  const text = new TextEncoder().encode(JSON.stringify({...header, arrays: said}));
  const start = Math.ceil((4 + text.length) / 8) * 8;
  const buffer = new ArrayBuffer(start + offset);
  new DataView(buffer).setUint32(0, text.length, true);
  new Uint8Array(buffer, 4, text.length).set(text);
  for (const [i, {values}] of arrays.entries())
    new Float64Array(buffer, start + said[i].offset, values.length).set(values);
  return buffer;
}

/** The sockets that were opened, oldest first. */
export const sockets = [];

class PlayedSocket {
  static OPEN = 1;

  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.messages = [];
    sockets.push(this);
  }

  send(text) {
    this.messages.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  // --- the server's end ---

  accept() {
    this.readyState = PlayedSocket.OPEN;
    this.onopen?.();
  }

  tell(header, arrays) {
    this.onmessage?.({data: encode(header, arrays)});
  }

  /** Says it as text. */
  say(message) {
    this.onmessage?.({data: JSON.stringify(message)});
  }

  /** So many turns have been heard. */
  hear(turns) {
    this.say({turns});
  }

  drop(code = 1006, reason = "") {
    this.readyState = 3;
    this.onclose?.({code, reason});
  }

  /** The messages that came since the last call, but for whose they are and that a frame has come. */
  taken() {
    return this.messages.splice(0).filter(({type}) => !["ack", "hello"].includes(type));
  }
}

/** What a tab keeps; `refuses` where the browser keeps nothing. */
export class Storage {
  kept = new Map();
  refuses = false;

  #kept() {
    if (this.refuses) throw new Error("storage is refused");
    return this.kept;
  }

  getItem(key) {
    return this.#kept().get(key) ?? null;
  }

  setItem(key, value) {
    this.#kept().set(key, value);
  }

  removeItem(key) {
    this.#kept().delete(key);
  }
}

const observers = new Set();

class PlayedObserver {
  elements = new Set();

  constructor(changed) {
    this.changed = changed;
  }

  observe(element) {
    this.elements.add(element);
    observers.add(this);
  }

  disconnect() {
    observers.delete(this);
  }
}

/** An element has another size. */
export function resize(element) {
  for (const {elements, changed} of observers) if (elements.has(element)) changed();
}

let events = new EventTarget();
const {document} = globalThis;
const LINK = document.createElement("link"); // style sheets are there
LINK.dataset.sheets =
  "base+controls+transport+voice+charts+tables+dialogs+lab+legend+panels+knobs+keys+present+print+library+compare";

/** @param {object} values names of the browser, which `node` may have as getters */
function put(values) {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, {value, configurable: true, writable: true});
}

put({
  WebSocket: PlayedSocket,
  ResizeObserver: PlayedObserver,
  Element: document.defaultView.Element,
  innerHeight: 900,
  getComputedStyle: () => ({fontFamily: "serif", overflowY: "visible", getPropertyValue: () => ""}),
  requestAnimationFrame: (call) => setTimeout(() => call(performance.now()), 16),
  cancelAnimationFrame: (id) => clearTimeout(id),
  addEventListener: (...given) => events.addEventListener(...given),
  removeEventListener: (...given) => events.removeEventListener(...given),
});
performance.now = () => Date.now();

/** Something happens to the window. */
export function happen(name, more = {}) {
  events.dispatchEvent(Object.assign(new Event(name, {cancelable: true}), more));
}

/**
 * A new document, in the same tab of the same browser unless it is given other storages.
 *
 * @param {string} path
 * @param {{way?: string, storage?: Storage, lasting?: Storage}} how `way` it was come to ("navigate", "reload",
 *   "back_forward"), and what the tab and the browser keep
 */
export function visit(path = "/trick", {way = "navigate", storage = new Storage(), lasting = new Storage()} = {}) {
  mock.timers.reset();
  mock.timers.enable({apis: ["setTimeout", "setInterval", "Date"], now: 1000});
  const {setTimeout: wait} = globalThis;
  put({setTimeout: (call, ms = 0) => wait(call, ms)}); // the mock needs a number
  events = new EventTarget();
  sockets.length = 0;
  observers.clear();
  document.body.replaceChildren();
  document.head.replaceChildren(LINK);
  hide(false);
  const location = new URL(path, "http://lab.test");
  const written = [];
  const replaceState = (state, _title, to) => {
    history.state = state;
    location.href = new URL(to, location).href;
    written.push(location.search);
  };
  const history = {state: null, replaceState};
  put({location, history, sessionStorage: storage, localStorage: lasting});
  performance.getEntriesByType = () => [{type: way}];
  return {location, history, storage, lasting, written};
}

/** Another tab or program is looked at, or this one again. */
export function hide(hidden) {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
}

/** Time passes. */
export function tick(ms) {
  mock.timers.tick(ms);
}

/** Time passes, and what waits for promises goes on before and after. */
export async function pass(ms = 0) {
  await new Promise(setImmediate);
  tick(ms);
  await new Promise(setImmediate);
}
