// The one live run that a room watches: its socket, what is known of it, and its charts.

import {Store} from "../data/store.js";
import {h, setText} from "../page/dom.js";
import {LiveSocket} from "../page/socket.js";
import {atMostOnceAFrame} from "../page/soon.js";
import {readTheme} from "../page/theme.js";
import {SmallChart} from "./small_chart.js";

const HEIGHT = 190;

export class Watcher {
  /** @param {{live: string, older: number}} config @param {(key: string, values?: object) => string} t */
  constructor(config, t) {
    this.t = t;
    this.run = "";
    this.store = new Store();
    this.declared = ""; // the charts, as text
    this.charts = [];
    this.keyed = ""; // the names and colors that the key shows
    this.line = h("p", {class: "room-line", role: "status"}, t("room.run.none"));
    this.key = h("p", {class: "room-key"});
    this.place = h("div", {class: "room-charts", hidden: true});
    this.element = h("section", {class: "room-race"}, this.line, this.key, this.place);
    this.draw = atMostOnceAFrame(() => this.#draw());
    this.sizes = new ResizeObserver(this.draw);
    this.sizes.observe(this.element);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.draw);
    document.addEventListener("visibilitychange", this.draw);
    this.socket = new LiveSocket(config.live, config.older, {
      opened: () => this.#attach(),
      heard: () => {},
      frame: (header, arrays) => this.#take(header, arrays),
      dropped: () => {},
    });
  }

  close() {
    this.socket.close();
    this.sizes.disconnect();
    this.scheme.removeEventListener("change", this.draw);
    document.removeEventListener("visibilitychange", this.draw);
  }

  /** Watches a run, "" none, with these charts. @param {string} run @param {any[]} charts */
  watch(run, charts) {
    const declared = JSON.stringify(charts);
    if (run === this.run && declared === this.declared) return;
    if (declared !== this.declared) {
      this.place.replaceChildren();
      this.charts = charts.map((chart) => new SmallChart(this.place, chart));
    }
    this.declared = declared;
    if (run !== this.run) {
      this.run = run;
      this.store = new Store();
      this.#attach();
    }
    this.draw();
  }

  /** At what a knob, or a shared setting, of the run stands. @param {{name: string, arm: ?number, value: any}} knob */
  held({name, arm, value}) {
    const {knobs, settings} = this.store.head;
    return (arm === null ? settings?.[name] : knobs?.[arm]?.[name]) ?? value;
  }

  #attach() {
    if (this.run) this.socket.send({type: "attach", run: this.run});
  }

  #take(header, arrays) {
    if (header.type === "snapshot") {
      if (header.run !== this.run) return;
      this.store = Store.fromSnapshot(header, arrays, null);
    } else if (header.type === "rows" && this.store.run) this.store.add(header, arrays);
    this.draw();
  }

  #draw() {
    const {store, element} = this;
    const {step, steps, state} = store;
    const isThere = Boolean(store.run);
    if (document.hidden) return false;
    this.place.hidden = this.key.hidden = !isThere;
    setText(this.line, this.t(isThere ? `room.run.${state}` : "room.run.none", {step, steps}));
    const width = element.clientWidth;
    if (!isThere || !width) return true;
    const {arms} = readTheme(document.body);
    const names = store.head.called;
    const colors = names.map((_, arm) => arms[arm % arms.length]);
    for (const chart of this.charts) chart.draw(store, {colors, names, width, height: HEIGHT});
    const keyed = JSON.stringify([names, colors]);
    if (keyed !== this.keyed) this.key.replaceChildren(...names.map((name, arm) => keyOf(name, colors[arm], arm)));
    this.keyed = keyed;
    return true;
  }
}

function keyOf(name, color, arm) {
  return h("span", {class: "room-arm", style: `--arm: ${color}`, "data-first": arm === 0}, name);
}
