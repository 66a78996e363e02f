// The one line that speaks: what is being waited for, what was refused, what the data show, where a run ended.

import {count, prose} from "../data/text.js";
import {h, setFlag, setText, textButton} from "../page/dom.js";

/** A line for the newest remark, and the earlier ones behind it. */
export class Voice {
  constructor(lab) {
    this.lab = lab;
    this.notices = new Map(); // kind -> text, for what concerns the page rather than the run
    this.line = h("p", {class: "lab-line", "aria-live": "polite"});
    this.count = h("summary", {});
    this.list = h("ol", {class: "lab-remarks"});
    this.earlier = h("details", {class: "lab-earlier"}, this.count, this.list);
    this.restart = textButton("apply", lab.t("lab.pending.restart"), () => lab.restart());
    this.pending = h("p", {class: "lab-pending"}, h("span", {}, lab.t("lab.pending")), this.restart);
    this.takeOver = textButton("take_over", lab.t("lab.wheel.take"), () => lab.send({type: "take_over"}));
    this.steered = h("span", {});
    this.wheel = h("p", {class: "lab-wheel", "aria-live": "polite"}, this.steered, this.takeOver);
    this.element = h("div", {class: "lab-voice"}, this.line, this.wheel, this.pending, this.earlier);
    this.refresh();
  }

  /** Says something of the page ("connection", "unstarted", "refused", "note", "waiting"); an empty text takes it back. */
  say(kind, text) {
    if (text) this.notices.set(kind, text);
    else this.notices.delete(kind);
    if (kind === "note") this.noted = this.lab.store.remarks.length;
    this.refresh();
  }

  /** Shows all remarks, as on paper, or as many as were open before. */
  open(all) {
    if (all) this.wasOpen = this.earlier.open;
    this.earlier.open = all || this.wasOpen;
  }

  refresh() {
    const {lab} = this;
    const {store} = lab;
    const newest = store.remarks.at(-1);
    const done = ["finished", "failed", "stopped", "interrupted"].includes(store.state);
    const note = this.notices.get("note");
    const heard = store.remarks.length > this.noted; // a later remark takes a note's place
    const kinds = ["connection", "unstarted", "refused", "waiting", ...(done || heard ? [] : ["note"])];
    const notice = kinds.map((kind) => [kind, this.notices.get(kind)]).find(([, text]) => text);
    let kind = "hint";
    let text = "";
    if (notice) [kind, text] = notice;
    else if (done) [kind, text] = ["end", [note, lab.endText()].filter(Boolean).join(" ")];
    else if (newest) [kind, text] = ["remark", prose(newest.text)];
    else if (!store.run) text = lab.hintText();
    setText(this.line, text);
    this.line.dataset.kind = kind;
    setText(this.steered, lab.wheel === "steer" ? "" : lab.t(`lab.wheel.${lab.wheel}`));
    setFlag(this.wheel, "hidden", lab.wheel === "steer");
    setFlag(this.takeOver, "hidden", lab.wheel !== "watch");
    setFlag(this.pending, "hidden", !lab.waiting);
    const earlier = store.remarks.length - (kind === "remark" ? 1 : 0);
    setFlag(this.earlier, "hidden", earlier < 1);
    if (this.listed !== store.remarks.length || this.run !== store.run) this.#list();
    setText(this.count, lab.t("lab.remarks", {count: count(store.remarks.length)}));
  }

  #list() {
    const {store, t} = this.lab;
    this.listed = store.remarks.length;
    this.run = store.run;
    const items = store.remarks
      .toReversed()
      .map(({step, text}) => h("li", {}, `${t("lab.remark.step", {step: count(step)})} ${prose(text)}`));
    this.list.replaceChildren(...items);
  }
}
