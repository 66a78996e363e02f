// A panel of the inside on the screen: a chart whose ranges nobody zooms.

import {Chart} from "../charts/chart.js";
import {setFlag} from "../page/dom.js";

export class Panel extends Chart {
  still = true;

  /** @param {new (lab: object, declared: object, frame: Panel) => import("./inside.js").Inside} Kind what it shows */
  constructor(lab, declared, Kind) {
    super(lab, declared);
    this.declared = declared;
    /** @type {any} of that kind */
    this.inside = new Kind(lab, declared, this);
    setFlag(this.element, "data-square", declared.paths);
  }

  reset() {
    this.inside.calm.clear();
    this.touch();
  }

  get least() {
    return this.inside.least;
  }

  figure() {
    return this.inside.figure();
  }

  rows() {
    return this.inside.rows();
  }
}
