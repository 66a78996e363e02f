// Messages on their way out while a knob is dragged.

/** Sends turns at once, and at most one for each knob and animation frame. */
export class Outbox {
  constructor(send) {
    this.send = send;
    this.waiting = new Map();
    this.last = -Infinity;
    this.frame = null;
  }

  put(key, message) {
    this.waiting.set(key, message);
    if (this.frame !== null) return;
    if (performance.now() - this.last >= 16) this.#flush();
    else this.frame = requestAnimationFrame(() => this.#flush());
  }

  /** Drops what has not gone out, for a run that is no more. */
  clear() {
    this.waiting.clear();
  }

  #flush() {
    this.frame = null;
    this.last = performance.now();
    const messages = [...this.waiting.values()];
    this.waiting.clear();
    for (const message of messages) this.send(message);
  }
}
