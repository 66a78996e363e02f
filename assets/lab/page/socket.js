// One live socket that comes back by itself.

import {decode} from "../data/frames.js";

const FIRST_DELAY_MS = 300;
const RESTART = 1012; // RFC 6455's registry: Service Restart
const LONGEST_DELAY_MS = 8000;

export class LiveSocket {
  /**
   * @param {string} path the socket's path on this page's host
   * @param {number} older the code with which a server closes that speaks another version: the page has to be loaded anew
   * @param {{
   *   opened: () => void, frame: (header: any, arrays: any[]) => void, heard: (turns: number) => void,
   *   dropped: (reason: string) => void
   * }} on
   *   `heard` gets how many turns what the server says next comes after, `dropped` the reason it gave, or ""
   */
  constructor(path, older, on) {
    this.url = new URL(path, location.href.replace(/^http/, "ws")).href;
    this.older = older;
    this.on = on;
    this.delay = FIRST_DELAY_MS;
    this.closed = false;
    this.isRestarting = false; // the server has said that it is being started anew
    this.isOver = false; // the server speaks another version than this page
    this.retryNow = () => this.socket.readyState !== WebSocket.OPEN && this.#connect();
    addEventListener("online", this.retryNow);
    this.#connect();
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
    socket.onopen = () => {
      this.delay = FIRST_DELAY_MS;
      this.on.opened();
    };
    socket.onmessage = ({data}) => this.#take(data);
    socket.onclose = ({code, reason}) => this.#retry(code, reason);
    this.socket = socket;
  }

  #forget() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }

  #take(data) {
    if (!(data instanceof ArrayBuffer)) return void this.on.heard(JSON.parse(data).turns);
    const {header, arrays} = decode(data);
    this.on.frame(header, arrays);
    // A hidden page needs no frame a hundred milliseconds: it asks for the next one once a second.
    if (document.hidden) setTimeout(() => this.send({type: "ack"}), 1000);
    else this.send({type: "ack"});
  }

  #retry(code, reason) {
    if (this.closed) return;
    this.isOver = code === this.older;
    this.isRestarting = code === RESTART;
    if (this.isOver) this.close();
    else {
      this.timer = setTimeout(() => this.#connect(), this.delay * (0.8 + 0.4 * Math.random()));
      this.delay = Math.min(this.delay * 1.7, LONGEST_DELAY_MS);
    }
    this.on.dropped(reason);
  }
}
