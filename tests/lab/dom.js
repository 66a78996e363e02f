// A page without a browser, for what mounts things: elements of happy-dom, plotly.js and canvases that note what they get.

import {Window} from "happy-dom";

const window = new Window();
export const called = []; // what plotly.js was asked
export const pens = []; // what was drawn on canvases: [method, ...arguments]

globalThis.document = window.document;
globalThis.window = globalThis.parent = globalThis;
globalThis.Element = window.Element;
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"])
  globalThis[name] = window[name].bind(window);
globalThis.ResizeObserver = class {
  observe(element) {
    this.element = element;
  }
  disconnect() {
    this.element = null;
  }
};
globalThis.IntersectionObserver = class {
  constructor(told) {
    this.told = told;
    this.observed = new Set();
  }
  observe(element) {
    this.observed.add(element);
  }
  disconnect() {
    this.observed.clear();
  }
};
globalThis.matchMedia = () => ({matches: false, addEventListener() {}, removeEventListener() {}});
globalThis.getComputedStyle = () => ({fontFamily: "serif"});
globalThis.devicePixelRatio = 2;
globalThis.ImageData = class {
  constructor(width, height) {
    Object.assign(this, {width, height, data: new Uint8ClampedArray(4 * width * height)});
  }
};
globalThis.Plotly = {
  react: (plot, data, layout, config) => {
    called.push({data, layout, config});
    Object.assign(plot, {data, layout});
  },
  purge: () => called.push("purge"),
  downloadImage: (picture, options) => called.push({picture, options}),
};
const noting = {
  get: (pen, name) => pen[name] ?? ((...given) => void pens.push([name, ...given])),
  set: (pen, name, value) => {
    pens.push([`${name} =`, value]);
    pen[name] = value;
    return true;
  },
};
window.HTMLCanvasElement.prototype.getContext = () =>
  new Proxy({measureText: (text) => ({width: 6 * text.length})}, noting);
window.HTMLCanvasElement.prototype.toDataURL = (kind) => `data:${kind}`;

/** Gives an element a size. */
export function sized(element, width, height) {
  for (const [name, value] of Object.entries({clientWidth: width, clientHeight: height}))
    Object.defineProperty(element, name, {value, configurable: true});
}

/** A chart on the page, of that size; `on[event]` is what it listens for on its plot. */
export function mounted(chart, width = 400, height = 200) {
  const on = {};
  chart.plot.on = (event, call) => {
    on[event] = call;
  };
  sized(chart.plot, width, height);
  document.body.append(chart.element);
  return on;
}

/** A key pressed on an element; the event, once it was heard. */
export function press(element, key, more = {}) {
  const event = new window.KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...more});
  element.dispatchEvent(event);
  return event;
}

/** Something that happened to an element. */
export function happen(element, name) {
  element.dispatchEvent(new window.Event(name, {bubbles: true}));
}

/** The page's theme is another for a moment, in which it is told. @param {any} page with a `sentinel` @param {Record<string, string>} theme */
export function turnTheme({sentinel}, theme) {
  const {getComputedStyle} = globalThis;
  globalThis.getComputedStyle = /** @type {any} */ (
    () => ({fontFamily: "serif", getPropertyValue: (name) => theme[name] ?? ""})
  );
  happen(sentinel, "transitionrun");
  globalThis.getComputedStyle = getComputedStyle;
}

/** What somebody who looks or listens is told of an element: its texts and attributes, one line an element. */
export function outline(element, depth = 0) {
  const attributes = [...element.attributes].map(({name, value}) => ` ${name}=${value}`).join("");
  const own = [...element.childNodes].filter(({nodeType}) => nodeType === 3).map((node) => node.textContent);
  const line = `${"  ".repeat(depth)}${element.tagName.toLowerCase()}${attributes}${own.length ? `: ${own.join("")}` : ""}`;
  return [line, ...[...element.children].map((child) => outline(child, depth + 1))].join("\n");
}
