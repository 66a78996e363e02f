// An experiment on the wall: what every student is, dots as they arrive, and at the planned number the verdict.

import {capital} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {readTheme} from "../page/theme.js";
import {DotChart} from "./dot_chart.js";
import {standing} from "./experiment_words.js";
import {HeatMap} from "./heat_map.js";
import {knobNames, knobValue} from "./knob_control.js";

const CAPTIONS = {differences: "room.wall.differences", finals: "room.wall.finals", map: "room.wall.map"};

export class ExperimentBoard {
  /** @param {(key: string, values?: object) => string} t */
  constructor(t) {
    this.t = t;
    this.title = h("h2", {});
    this.line = h("p", {class: "wall-experiment-line", role: "status"});
    this.key = h("p", {class: "room-key"});
    this.chart = new DotChart();
    this.map = new HeatMap(t);
    this.verdict = h("div", {class: "wall-verdict"});
    const parts = [this.title, this.line, this.key, this.chart.figure, this.map.figure, this.verdict];
    this.element = h("section", {class: "wall-experiment", hidden: true}, ...parts);
    this.said = "";
  }

  /** @param {any} state the wall's */
  draw({phase, experiment, picture = {}, page, here, closed}) {
    const shows = phase === "experiment" && Boolean(experiment) && !closed;
    this.element.hidden = !shows;
    if (!shows) return;
    const {t} = this;
    const {bids} = page; // none of a step whose run can no longer be
    const knob = bids.length ? knobNames(bids, t) : experiment.named.join(", ");
    const isSeeds = experiment.kind === "seeds";
    const isOpen = experiment.stage === "bids";
    setText(this.title, t(isSeeds ? "room.experiment.seeds" : "room.experiment.settings"));
    setText(this.line, this.#line(experiment, isOpen, knob, here));
    this.#drawKey(experiment, isSeeds && !isOpen);
    const theme = readTheme(document.body);
    const colors = isSeeds ? theme.arms : theme.arms.slice(1);
    const isMap = experiment.knobs.length > 1;
    const caption = this.#caption(experiment, isSeeds ? "differences" : isMap ? "map" : "finals", knob);
    const {values = [], ...drawn} = isOpen ? {} : picture;
    this.element.classList.toggle("wall-choosing", isOpen);
    const said = (value) => (bids.length ? knobValue(bids[0], value, t) : String(value));
    this.chart.draw(experiment, isMap ? {} : {...drawn, values: values.flat()}, {colors, said}, caption);
    const map = isMap && bids.length ? (isOpen ? emptyOf(bids) : {...drawn, values}) : {};
    this.map.draw(experiment, bids, map, theme, caption);
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

  #caption({metric, better, called = []}, kind, knob) {
    if (!metric) return "";
    const way = this.t(`room.wall.${better}`);
    const told = {differences: {baseline: called[0]}, finals: {knob}, map: {}}[kind];
    return capital(this.t(CAPTIONS[kind], {metric, way, ...told}));
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

// The map to choose from, before a run is made of it.
function emptyOf([one, other]) {
  return {bands: [], values: one.values.flatMap((first) => other.values.map((second) => [first, second]))};
}
