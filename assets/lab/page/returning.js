// A socket that comes back by itself.

const FIRST_DELAY_MS = 300;
const RESTART = 1012; // RFC 6455's registry: Service Restart
const LONGEST_DELAY_MS = 8000;

/** Whoever extends it says what comes of `opened()`, `took(data)` and `dropped(code, reason)`. */
export class ReturningSocket {
  /** @param {string} path the socket's path on this page's host @param {number[]} final codes with which it is over for good */
  constructor(path, final) {
    this.url = new URL(path, location.href.replace(/^http/, "ws")).href;
    this.final = final;
    this.delay = FIRST_DELAY_MS;
    this.closed = false;
    this.isRestarting = false; // the server has said that it is being started anew
    this.isOver = false; // the server has said that it is no use to come back
    this.retryNow = () => this.socket.readyState !== WebSocket.OPEN && this.#connect();
    addEventListener("online", this.retryNow);
    this.#connect();
  }

  opened() {}

  /** @param {string | ArrayBuffer} _data */
  took(_data) {}

  /** @param {number} _code @param {string} _reason */
  dropped(_code, _reason) {}

  /** It has been let in: where the connection is lost from now on, it comes back soon. */
  settled() {
    this.delay = FIRST_DELAY_MS;
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends a message; false when there is no connection to send it on. */
  send(message) {
    if (!this.open) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.retryNow);
    this.#forget();
  }

  #connect() {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.#forget();
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = ({data}) => this.took(data);
    socket.onclose = ({code, reason}) => this.#retry(code, reason);
    this.socket = socket;
  }

  #forget() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }

  #retry(code, reason) {
    if (this.closed) return;
    this.isOver = this.final.includes(code);
    this.isRestarting = code === RESTART;
    if (this.isOver) this.close();
    else {
      this.timer = setTimeout(() => this.#connect(), this.delay * (0.8 + 0.4 * Math.random()));
      this.delay = Math.min(this.delay * 1.7, LONGEST_DELAY_MS);
    }
    this.dropped(code, reason);
  }
}
