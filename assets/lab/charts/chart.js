// What every chart of the lab shares: a figure with a title, its tools, and a table behind it.

import {h, setFlag, setText} from "../page/dom.js";
import {DASHES} from "../page/theme.js";
import {layoutOf, zoomIn} from "./figure.js";
import {captionOf, withCaption} from "./pictures.js";

export class Chart {
  still = false; // nobody zooms it

  /**
   * @param {object} lab the page's state and words
   * @param {{id: string, title: string, caption?: string}} parts
   */
  constructor(lab, {id, title, caption}) {
    const {t} = lab;
    this.lab = lab;
    this.id = id;
    this.title = title;
    this.stale = true;
    this.zoom = null;
    this.plot = h("div", {class: "lab-plot", role: "img"});
    this.empty = h("p", {class: "lab-empty"});
    const button = (label, hint, onclick, name) =>
      h(
        "button",
        {type: "button", class: "lab-tool", title: hint, "aria-label": hint, "data-tool": name, onclick},
        label,
      );
    this.unzoom = button(t("lab.zoom.reset"), t("lab.zoom.reset.help"), () => this.setZoom(null), "unzoom");
    this.unzoom.hidden = true;
    this.tableButton = button(t("lab.table"), "", () => this.#toggleTable(), "table");
    this.tableButton.setAttribute("aria-expanded", "false");
    this.pictures = ["png", "svg"].map((format) => button(format.toUpperCase(), "", () => this.save(format), format));
    this.tools = h("span", {class: "lab-tools"}, this.unzoom, this.pictures, this.tableButton);
    this.table = h("div", {class: "lab-table", hidden: true, tabindex: "0", role: "region"});
    this.name = h("span", {class: "lab-chart-title", title: caption ?? ""});
    this.element = h(
      "figure",
      {class: "lab-chart", "data-chart": id},
      h("figcaption", {}, this.name, this.tools),
      h("div", {class: "lab-canvas"}, this.plot, this.empty, this.table),
    );
    this.retitle(title);
    this.sizes = new ResizeObserver(() => this.touch());
    this.sizes.observe(this.plot);
  }

  /** Names the chart, and all that speaks of it. */
  retitle(title) {
    const {t} = this.lab;
    const hint = (button, text) => {
      button.title = text;
      button.setAttribute("aria-label", text);
    };
    this.title = title;
    setText(this.name, title);
    this.table.setAttribute("aria-label", title);
    hint(this.tableButton, t("lab.table.help", {title}));
    for (const button of this.pictures) hint(button, t("lab.picture.help", {title, format: button.textContent}));
  }

  /** What it shows: data and layout for plotly.js, and a description. @returns {?Record<string, any>} */
  figure() {
    return null;
  }

  /** Forgets what a person has looked at closely. */
  reset() {}

  /** Marks the chart as out of date. */
  touch(urgent = false) {
    this.stale = true;
    this.lab.painter.wake(urgent);
  }

  get width() {
    return this.plot.clientWidth;
  }

  get height() {
    return this.plot.clientHeight;
  }

  get visible() {
    return this.width > 0 && this.height > 40;
  }

  /** Whether it is out of date and can be drawn. */
  get due() {
    return this.stale && window.Plotly && this.visible;
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const figure = this.figure();
    setText(this.empty, figure?.empty ?? "");
    setFlag(this.plot, "data-empty", Boolean(figure?.empty));
    if (!figure?.data) return;
    const {width, height} = this;
    const dragmode = this.still || matchMedia("(pointer: coarse)").matches ? false : "zoom";
    const layout = {...layoutOf(this.lab, {width, height, dragmode}), ...figure.layout};
    window.Plotly.react(this.plot, figure.data, layout, {displayModeBar: false, doubleClick: false, responsive: false});
    this.described = figure.description;
    this.#describe();
    if (!this.bound) this.bind();
  }

  /** Listens to the person's zoom; the ranges then are theirs until the zoom is undone. */
  bind() {
    this.bound = true;
    this.plot.on("plotly_relayout", (change) => {
      const zoom = zoomIn(change);
      if (zoom) this.setZoom({...this.zoom, ...zoom});
    });
    this.plot.on("plotly_doubleclick", () => this.setZoom(null));
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.unzoom.hidden = !zoom;
    this.touch(true);
  }

  /** Saves the chart as a picture, on the theme's own ground, with what it is of and the key of its arms. */
  save(format) {
    const {data, layout} = this.plot;
    if (!data) return null;
    const {theme, font} = this.lab;
    const [width, height] = [layout.width, layout.height];
    const caption = captionOf(this.lab, this.title, DASHES);
    const around = withCaption(layout, caption, {width, height, font, color: theme.text, muted: theme.muted});
    const options = {format, width, height: Math.round(around.height), scale: 2, filename: this.filename()};
    return window.Plotly.downloadImage({data, layout: around.layout}, options);
  }

  filename() {
    const {config, store} = this.lab;
    return [config.trick, store.run, this.id].filter(Boolean).join("-");
  }

  destroy() {
    this.sizes.disconnect();
    clearTimeout(this.describing);
    if (this.bound) window.Plotly.purge(this.plot);
    this.element.remove();
  }

  /** Table rows: `{head: [names], rows: [[cells]]}` built when somebody asks. */
  rows() {
    return null;
  }

  // A screen reader need not hear each frame: the description changes at most every other second.
  #describe() {
    const now = performance.now();
    const wait = 2000 - (now - (this.describedAt ?? -Infinity));
    clearTimeout(this.describing);
    if (wait > 0) {
      this.describing = setTimeout(() => this.#describe(), wait); // so that the last one is heard too
      return;
    }
    this.describedAt = now;
    const text = `${this.title}. ${this.described ?? ""}`.trim();
    if (this.plot.getAttribute("aria-label") !== text) this.plot.setAttribute("aria-label", text);
  }

  #toggleTable() {
    const open = this.table.hidden;
    this.table.hidden = !open;
    this.tableButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const content = this.rows();
    if (!content?.rows.length) {
      this.table.replaceChildren(h("p", {}, this.lab.t("lab.table.empty")));
      return;
    }
    const head = content.head.map((name) => h("th", {scope: "col"}, name));
    const body = content.rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))));
    const parts = [h("caption", {}, this.title), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)];
    this.table.replaceChildren(h("table", {}, parts));
    this.table.focus();
  }
}
