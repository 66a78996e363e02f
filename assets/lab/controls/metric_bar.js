// Which metric the charts show.

import {h} from "../page/dom.js";
import {Segments} from "./segments.js";

/** A choice of the metric that is shown; `page` has that `metric`, and is told of another (`setMetric`). */
export class MetricBar {
  constructor(page) {
    this.page = page;
    this.element = h("div", {class: "many-bar"});
  }

  /** @param {{value: string, label: string}[]} choices */
  refresh(choices) {
    const {page} = this;
    const state = JSON.stringify(choices);
    if (state !== this.state) {
      this.state = state;
      const label = page.t("lab.many.metric");
      const onchange = (metric) => page.setMetric(metric);
      this.segments = new Segments({label, name: "metric", value: page.metric, choices, onchange});
      this.element.replaceChildren(h("span", {}, label), this.segments.element);
    }
    if (this.segments.value !== page.metric) this.segments.value = page.metric;
  }
}
