// The race: the same quantities of every arm over the planned length of the run.

import {restrict} from "../controls/restrict.js";
import {CalmRange} from "../data/series.js";
import {h, setText} from "../page/dom.js";
import {Chart} from "./chart.js";
import {raceFigure, raceRows, sharedZoom} from "./race_figure.js";

export class RaceChart extends Chart {
  constructor(lab, declared, index) {
    super(lab, {id: `race-${index + 1}`, title: declared.title});
    this.first = index === 0;
    this.shown = declared.name;
    this.traces = declared.traces;
    this.log = declared.log;
    this.range = new CalmRange();
    const {t} = lab;
    this.logButton = h(
      "button",
      {type: "button", class: "lab-tool lab-kept", title: t("lab.log.help"), "data-tool": "log"},
      t("lab.log"),
    );
    this.logButton.setAttribute("aria-pressed", String(this.log));
    this.logButton.addEventListener("click", () => this.setLog(!this.log));
    this.tools.append(this.logButton);
    this.key = h("span", {class: "lab-key"}); // which line is which, where there is no room to say so on the chart
    this.name.after(this.key);
    restrict(lab, "charts", this.logButton);
    if (lab.config.charts && !lab.present && !lab.reach.hides("charts"))
      this.name.replaceWith(this.#chooser(declared.name));
  }

  // The chart's title, from which another quantity is chosen.
  #chooser(shown) {
    const {lab} = this;
    const options = lab.config.charts.map(({name, title}) =>
      h("option", {value: name, selected: name === shown}, title),
    );
    const parts = {
      class: "lab-select lab-chart-title",
      "data-select": this.id,
      "aria-label": lab.t("lab.chart.choose"),
    };
    this.choice = h("select", parts, ...options);
    restrict(lab, "charts", this.choice);
    this.choice.addEventListener("change", () => {
      this.show(this.choice.value);
      lab.report();
    });
    return this.choice;
  }

  /** Shows another of the quantities that there are. */
  show(name) {
    const {title, traces, log} = this.lab.config.charts.find((chart) => chart.name === name);
    Object.assign(this, {shown: name, traces});
    this.retitle(title);
    if (this.choice) this.choice.value = name;
    this.setLog(log);
    this.lab.touch(true);
  }

  setLog(log) {
    this.log = log;
    this.logButton.setAttribute("aria-pressed", String(log));
    this.range.reset();
    this.setZoom(this.zoom?.xaxis ? {xaxis: this.zoom.xaxis} : null);
  }

  /** Forgets the zoom and the ranges, for a new run or another x axis. */
  reset() {
    this.range.reset();
    this.setZoom(null);
  }

  bind() {
    super.bind();
    this.plot.on("plotly_hover", ({xvals}) => this.lab.setCursor(xvals?.[0] ?? null));
    this.plot.on("plotly_unhover", () => this.lab.setCursor(null));
    this.plot.on("plotly_click", ({points}) => {
      if (this.lab.rewind) this.lab.rewind(this.lab.stepAt(points[0].x));
    });
  }

  setZoom(zoom) {
    super.setZoom(zoom);
    // The charts of a race share their x axis.
    for (const chart of this.lab.races) {
      const shared = chart !== this && sharedZoom(chart.zoom, zoom);
      if (shared) Chart.prototype.setZoom.call(chart, shared.zoom);
    }
  }

  figure() {
    const {key, ...figure} = raceFigure(this.lab, this, performance.now());
    setText(this.key, key);
    return figure;
  }

  rows() {
    return raceRows(this.lab, this.traces);
  }
}
