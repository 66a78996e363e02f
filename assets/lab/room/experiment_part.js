// A student's own part of an experiment, on a phone: what they choose, their place, their race, and what the class found.

import {number} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {readTheme} from "../page/theme.js";
import {BidBox} from "./bid_box.js";
import {before, standing} from "./experiment_words.js";
import {settingText} from "./knob_control.js";
import {SmallChart} from "./small_chart.js";
import {Tried} from "./tried.js";

const HEIGHT = 190;

export class ExperimentPart {
  /** @param {(key: string, values?: object) => string} t @param {(experiment: number, values: any[]) => void} bid */
  constructor(t, bid) {
    this.t = t;
    this.part = null; // of the experiment: what the server has of this device's
    this.tried = null;
    this.drawn = "";
    this.bids = new BidBox(t, bid);
    this.mine = h("h2", {});
    this.line = h("p", {class: "room-line", role: "status"});
    this.finals = h("p", {class: "room-finals"});
    this.charts = h("div", {class: "room-charts"});
    this.verdict = h("p", {class: "room-verdict"});
    const place = [this.mine, this.line, this.finals, this.charts, this.verdict];
    this.begun = h("div", {class: "room-begun"}, ...place);
    this.element = h("section", {class: "room-part", hidden: true}, this.bids.element, this.begun);
  }

  /** What the server knows of this device's part. @param {any} part */
  know(part) {
    this.part = part ?? null;
  }

  /** What has come of it. @param {any} told */
  take(told) {
    this.tried = new Tried(told);
  }

  /** @param {any} state the room's */
  draw({phase, experiment, page}) {
    const shows = phase === "experiment" && Boolean(experiment);
    this.element.hidden = !shows;
    if (!shows) return;
    const isOpen = experiment.stage === "bids";
    const part = this.part?.number === experiment.number ? this.part : null;
    this.bids.draw(isOpen ? experiment : null, page.bids, part?.bid ?? null);
    this.begun.hidden = isOpen;
    if (!isOpen) this.#drawPlace(experiment, part, page);
  }

  #drawPlace(experiment, part, page) {
    const {t} = this;
    const value = part?.value ?? null;
    const isSeed = experiment.kind === "seeds";
    const mine = () =>
      isSeed ? t("room.part.seed", {value}) : t("room.part.setting", {setting: settingText(page.bids, value, t)});
    setText(this.mine, value === null ? "" : mine());
    setText(this.line, this.#place(experiment, part?.place ?? null));
    const told = this.tried?.told;
    const isMine = told?.experiment === experiment.number && told.place === part?.place;
    this.#drawTried(isMine ? this.tried : null, page.charts, isSeed ? 0 : 1);
    setText(this.verdict, experiment.verdict ? t("room.part.verdict", {verdict: experiment.verdict}) : "");
  }

  #place(experiment, place) {
    const {t} = this;
    if (place === null || experiment.state !== "running") return standing(experiment, t);
    if (experiment.active.includes(place)) return t("room.part.active");
    const count = before(experiment, place);
    if (count === null) return standing(experiment, t);
    if (count === 0) return t("room.part.next");
    return t(count === 1 ? "room.part.before.one" : "room.part.before", {count});
  }

  #drawTried(tried, charts, first) {
    this.finals.hidden = this.charts.hidden = !tried;
    const width = this.element.clientWidth;
    if (!tried || !width) return;
    const theme = readTheme(document.body);
    const said = JSON.stringify([tried.told, charts, width, theme.ground]);
    if (said === this.drawn) return;
    this.drawn = said;
    const names = tried.told.called;
    const colors = names.map((_, arm) => theme.arms[(arm + first) % theme.arms.length]);
    this.finals.replaceChildren(...this.#finals(tried.told, colors, first));
    this.charts.replaceChildren();
    for (const chart of charts)
      if (tried.has(chart.traces))
        new SmallChart(this.charts, chart).draw(tried, {colors, names, width, height: HEIGHT, dashed: -first});
  }

  // The final values of the metric that the class goes by, each beside the look of its curve.
  #finals({finals, called}, colors, first) {
    if (!finals[0]?.values.length) return [this.t("room.part.none")];
    const [{metric, values}] = finals;
    const arm = (value, i) =>
      h(
        "span",
        {class: "room-arm", style: `--arm: ${colors[i]}`, "data-first": i + first === 0},
        `${called[i]} ${number(value)}`,
      );
    return [h("span", {}, this.t("room.part.finals", {metric})), ...values.map(arm)];
  }
}
