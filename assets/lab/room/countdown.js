// How long something still lasts, by the server's word and this page's own clock.

export class Countdown {
  constructor() {
    this.until = 0;
  }

  /** Takes the server's word. @param {number | null | undefined} leftS */
  set(leftS) {
    this.until = leftS ? performance.now() + 1000 * leftS : 0;
  }

  /** Seconds that are left. */
  get left() {
    return Math.max(0, (this.until - performance.now()) / 1000);
  }
}
