// Draws the charts when they are due, one after another, so that the page stays quick.

import {h} from "../page/dom.js";

const SHORTEST_MS = 80; // between two rounds
const LONGEST_MS = 400;
const UNSEEN_MS = 1000; // between two drawings of a chart that is out of view
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
 * Draws what is due: one chart in each frame of the screen, in rounds.
 *
 * A round is the charts that are due when it begins, each drawn once, in their order; what has news meanwhile waits for
 * the next round, so that the first charts, with news in every frame, do not keep the last waiting. Between two frames
 * what has come in from the socket is taken, so that what is drawn is new. The next round begins after twice as long as
 * drawing this one took, at least 80 ms and at most 400: about a third of the time goes into drawing. What a person
 * waits for (`wake(true)`) begins a round in the next frame, in place of one that is under way, but a round that took
 * another's place is finished. A chart that is out of view (`see`) is drawn once a second at most, and as soon as it comes
 * into view. A chart that throws an error is reported, and the others go on.
 *
 * One a frame rather than as many as fit: a frame then never takes longer than the slowest chart alone, and scrolling
 * keeps what is left of its 16 ms. On a page of eight charts the last is drawn a tenth of a second after the first.
 */
export class Painter {
  /** Called with `idle` when that changes. @type {(idle: boolean) => void} */
  changed = () => {};
  /** Whether nothing waits to be drawn. */
  idle = true;

  constructor() {
    this.charts = new Set();
    this.unseen = new Set(); // those out of view
    this.drawnAt = new WeakMap();
    this.round = [];
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
    this.#settle(false);
  }

  /** Notes whether a chart is in view. */
  see(chart, isSeen) {
    if (!isSeen) return void this.unseen.add(chart);
    this.unseen.delete(chart);
    if (chart.due) this.wake();
  }

  /** Draws nothing any more. */
  stop() {
    this.charts.clear();
    this.unseen.clear();
    this.round = [];
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = null;
    this.#settle(true);
  }

  #paint(now) {
    this.frame = null;
    clearTimeout(this.timer);
    const wait = this.round.length || this.urgent ? 0 : this.last + this.pause - now;
    if (wait > 0) return this.#wakeIn(wait);
    const anew = this.urgent && !this.begunAnew;
    if (anew || !this.round.length) {
      this.begunAnew = this.round.length > 0;
      this.round = this.#due(now);
      this.urgent = false;
    }
    const began = performance.now();
    const chart = this.round.shift();
    if (chart) this.drawnAt.set(chart, now);
    try {
      chart?.paint();
    } catch (error) {
      reportError(error);
    }
    this.spent += performance.now() - began;
    if (this.round.length) return this.#wakeIn(0);
    this.begunAnew = false;
    this.last = now;
    this.pause = Math.min(Math.max(SHORTEST_MS, 2 * this.spent), LONGEST_MS);
    this.spent = 0;
    if (this.#due(now).length) return this.wake(); // came in meanwhile
    this.urgent = false;
    if ([...this.charts].some(({due}) => due)) return this.#wakeIn(UNSEEN_MS);
    this.#settle(this.frame === null);
  }

  #due(now) {
    const rests = (chart) => this.unseen.has(chart) && now - (this.drawnAt.get(chart) ?? -Infinity) < UNSEEN_MS;
    return [...this.charts].filter((chart) => chart.due && !rests(chart));
  }

  #wakeIn(wait) {
    this.timer = setTimeout(() => this.wake(), wait);
  }

  #settle(idle) {
    if (this.idle === idle) return;
    this.idle = idle;
    this.changed(idle);
  }
}
