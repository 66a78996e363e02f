// Draws the charts when they are due, one after another, so that the page stays quick.

import {h} from "../page/dom.js";

const FRAME_MS = 5; // of drawing, in one frame of the screen; a chart once begun is drawn
const SHORTEST_MS = 80; // between two drawings
const LONGEST_MS = 400;
let loading = null;

/** The plotly.js library, loaded once by a script tag; it takes its time, so what is on the page is seen before it. */
export function loadPlotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", {src: source, async: true});
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error(source));
    };
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  });
  return loading;
}

/**
 * Draws what is due, at most about twelve times a second and about a third of the time, or more where that takes longer
 * than a fifth of a second; charts of an event a person waits for are drawn at the next animation frame. What does not
 * fit into one frame of the screen is drawn in the next, after what has come in from the socket: the first charts are
 * seen at once, and what they show is new.
 */
export class Painter {
  constructor() {
    this.charts = new Set();
    this.round = []; // each chart once, so that the first, with news in every frame, do not keep the last waiting
    this.begunAnew = false;
    this.pause = SHORTEST_MS;
    this.last = -Infinity;
    this.urgent = false;
    this.spent = 0;
    this.frame = null;
  }

  /** Notes that charts are out of date. */
  wake(urgent = false) {
    this.urgent ||= urgent;
    this.frame ??= requestAnimationFrame((now) => this.#paint(now));
  }

  /** Draws nothing any more. */
  stop() {
    this.charts.clear();
    this.round = [];
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = null;
  }

  #paint(now) {
    this.frame = null;
    const wait = this.round.length || this.urgent ? 0 : this.last + this.pause - now;
    if (wait > 0) return this.#wakeIn(wait);
    const anew = this.urgent && !this.begunAnew; // what a person waits for starts with the first again, once a round
    if (anew || !this.round.length) {
      this.begunAnew = this.round.length > 0;
      this.round = this.#due();
      this.urgent = false;
    }
    const began = performance.now();
    while (this.round.length && performance.now() - began <= FRAME_MS) {
      try {
        this.round.shift().paint();
      } catch (error) {
        reportError(error); // the other charts go on
      }
    }
    this.spent += performance.now() - began;
    if (this.round.length) return this.#wakeIn(0);
    this.begunAnew = false;
    this.last = now;
    this.pause = Math.min(Math.max(SHORTEST_MS, 2 * this.spent), LONGEST_MS);
    this.spent = 0;
    if (this.#due().length) this.wake(); // came in meanwhile
  }

  #due() {
    return [...this.charts].filter((chart) => chart.due);
  }

  #wakeIn(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), wait);
  }
}
