// A question to the server of which one at a time is asked, and of those that come meanwhile only the latest.

const PATIENCE_MS = 2000; // after which an answer is not waited for any longer

export class Question {
  /** @param {function(): boolean} ask asks it as things stand; false where it cannot be asked now */
  constructor(ask) {
    this.send = ask;
    this.asked = false;
    this.again = false;
  }

  ask() {
    this.again = this.asked;
    if (this.asked || !this.send()) return;
    this.asked = true;
    this.timer = setTimeout(() => this.answered(), PATIENCE_MS);
  }

  /** The answer has come, or will not. */
  answered() {
    this.stop();
    if (this.again) this.ask();
  }

  /** Waits for no answer. */
  stop() {
    clearTimeout(this.timer);
    this.asked = false;
  }
}
