// An experiment on the wall: what every student is, dots as they arrive, and at the planned number the verdict.

import {capital} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {readTheme} from "../page/theme.js";
import {DotChart} from "./dot_chart.js";
import {standing} from "./experiment_words.js";
import {knobName, knobValue} from "./knob_control.js";

export class ExperimentBoard {
  /** @param {(key: string, values?: object) => string} t */
  constructor(t) {
    this.t = t;
    this.title = h("h2", {});
    this.line = h("p", {class: "wall-experiment-line", role: "status"});
    this.key = h("p", {class: "room-key"});
    this.chart = new DotChart();
    this.verdict = h("div", {class: "wall-verdict"});
    const parts = [this.title, this.line, this.key, this.chart.figure, this.verdict];
    this.element = h("section", {class: "wall-experiment", hidden: true}, ...parts);
    this.said = "";
  }

  /** @param {any} state the wall's */
  draw({phase, experiment, picture = {}, page, here, closed}) {
    const shows = phase === "experiment" && Boolean(experiment) && !closed;
    this.element.hidden = !shows;
    if (!shows) return;
    const {t} = this;
    const knob = page.bid ? knobName(page.bid) : experiment.knob;
    const isSeeds = experiment.kind === "seeds";
    const isOpen = experiment.stage === "bids";
    setText(this.title, t(isSeeds ? "room.experiment.seeds" : "room.experiment.settings"));
    setText(this.line, this.#line(experiment, isOpen, knob, here));
    this.#drawKey(experiment, isSeeds && !isOpen);
    const theme = readTheme(document.body);
    const colors = isSeeds ? theme.arms : theme.arms.slice(1);
    const said = (value) => (page.bid && !isSeeds ? knobValue(page.bid, value, t) : String(value));
    this.chart.draw(experiment, isOpen ? {} : picture, {colors, said}, this.#caption(experiment, isSeeds, knob));
    this.#drawVerdict(picture.lines ?? [], picture.notes ?? []);
  }

  #line(experiment, isOpen, knob, here) {
    const {t} = this;
    const {given, places, own, seeds} = experiment;
    if (isOpen) return t("room.wall.choose", {knob, given, here});
    const planned = experiment.kind === "seeds" ? {places, own} : {places, own, seeds};
    const key = experiment.kind === "seeds" ? "room.wall.seeds" : "room.wall.settings";
    const told = t(key, planned);
    const added = own ? t("room.wall.own", {own}) : "";
    return [told, added, standing(experiment, t)].filter(Boolean).join(" ");
  }

  #caption({metric, better, called = []}, isSeeds, knob) {
    if (!metric) return "";
    const way = this.t(`room.wall.${better}`);
    const told = isSeeds ? {metric, baseline: called[0], way} : {metric, knob, way};
    return capital(this.t(isSeeds ? "room.wall.differences" : "room.wall.finals", told));
  }

  #drawKey({called = []}, shows) {
    const {arms} = readTheme(document.body);
    const isNeeded = shows && called.length > 2;
    this.key.hidden = !isNeeded;
    if (!isNeeded) return;
    const colored = called.slice(1).map((name, i) => [name, arms[(i + 1) % arms.length]]);
    this.key.replaceChildren(
      ...colored.map(([name, color]) => h("span", {class: "room-arm", style: `--arm: ${color}`}, name)),
    );
  }

  #drawVerdict(lines, notes) {
    const said = JSON.stringify([lines, notes]);
    if (said === this.said) return;
    this.said = said;
    const [first, ...others] = lines;
    this.verdict.replaceChildren(
      ...(first ? [h("p", {class: "room-verdict"}, first)] : []),
      ...[...others, ...notes].map((line) => h("p", {}, line)),
    );
  }
}
