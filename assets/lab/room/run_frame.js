// The live run: the lab's own page, within one of a room or of a lesson.

import {h} from "../page/dom.js";

const ON = ["PageDown", "ArrowRight"];
const BACK = ["PageUp", "ArrowLeft"];

/** Which way a clicker's key goes, or an arrow: 1 on, -1 back, 0 for other keys. @param {KeyboardEvent} event */
export function wayOf({key, ctrlKey, metaKey, altKey}) {
  if (ctrlKey || metaKey || altKey) return 0;
  return ON.includes(key) ? 1 : BACK.includes(key) ? -1 : 0;
}

export class RunFrame {
  /**
   * @param {string} title
   * @param {{run?: (id: string) => void, key?: (event: KeyboardEvent) => void}} on hears which run the page watches, and
   *   the keys that were pressed in it and meant nothing to it: a clicker's go where the focus is
   */
  constructor(title, on) {
    this.on = on;
    this.shown = ""; // what stands in it
    this.element = h("iframe", {class: "wall-frame", title, allow: "fullscreen"});
    this.element.addEventListener("load", () => this.#listen());
    addEventListener("message", (event) => this.#heard(event));
  }

  /** Loads the page of an address, unless it is there. @param {string} address @param {any} [of] what tells two from each other that have one */
  show(address, of = "") {
    const shown = JSON.stringify([address, of]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.element.src = address;
  }

  #heard({source, origin, data}) {
    const isOurs = source === this.element.contentWindow && origin === location.origin;
    if (isOurs && data?.type === "trick-lab-run" && data.run) this.on.run?.(data.run);
  }

  // What the page takes it keeps from others: its arrows turn a knob.
  #listen() {
    try {
      this.element.contentWindow.addEventListener(
        "keydown",
        (event) => !event.defaultPrevented && this.on.key?.(event),
      );
    } catch {
      return; // an error page of the browser's is nobody's
    }
  }
}
