// What every chart of the lab shares: a figure with a title, its tools, a table behind it, and drawing when due.

import {h, setFlag, setText} from "./dom.js";
import {captionOf, withCaption} from "./pictures.js";
import {logTicks} from "./series.js";
import {number} from "./text.js";
import {DASHES} from "./theme.js";

const FRAME_MS = 5; // of drawing, in one frame of the screen; a chart once begun is drawn
const SHORTEST_MS = 80; // between two drawings
const LONGEST_MS = 400;
let loading = null;

/** The plotly.js library, loaded once by a script tag; it takes its time, so what is on the page is seen before it. */
export function loadPlotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", {src: source, async: true});
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error(source));
    };
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  });
  return loading;
}

/**
 * Draws what is due, at most about twelve times a second and about a third of the time, or more where that takes longer
 * than a fifth of a second; charts of an event a person waits for are drawn at the next animation frame. What does not
 * fit into one frame of the screen is drawn in the next, after what has come in from the socket: the first charts are
 * seen at once, and what they show is new.
 */
export class Painter {
  constructor() {
    this.charts = new Set();
    this.round = []; // each chart once, so that the first, with news in every frame, do not keep the last waiting
    this.begunAnew = false;
    this.pause = SHORTEST_MS;
    this.last = -Infinity;
    this.urgent = false;
    this.spent = 0;
    this.frame = null;
  }

  /** Notes that charts are out of date. */
  wake(urgent = false) {
    this.urgent ||= urgent;
    this.frame ??= requestAnimationFrame((now) => this.#paint(now));
  }

  /** Draws nothing any more. */
  stop() {
    this.charts.clear();
    this.round = [];
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = null;
  }

  #paint(now) {
    this.frame = null;
    const wait = this.round.length || this.urgent ? 0 : this.last + this.pause - now;
    if (wait > 0) return this.#wakeIn(wait);
    const anew = this.urgent && !this.begunAnew; // what a person waits for starts with the first again, once a round
    if (anew || !this.round.length) {
      this.begunAnew = this.round.length > 0;
      this.round = this.#due();
      this.urgent = false;
    }
    const began = performance.now();
    while (this.round.length && performance.now() - began <= FRAME_MS) {
      try {
        this.round.shift().paint();
      } catch (error) {
        reportError(error); // the other charts go on
      }
    }
    this.spent += performance.now() - began;
    if (this.round.length) return this.#wakeIn(0);
    this.begunAnew = false;
    this.last = now;
    this.pause = Math.min(Math.max(SHORTEST_MS, 2 * this.spent), LONGEST_MS);
    this.spent = 0;
    if (this.#due().length) this.wake(); // came in meanwhile
  }

  #due() {
    return [...this.charts].filter((chart) => chart.due);
  }

  #wakeIn(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), wait);
  }
}

export class Chart {
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

  /** Marks the chart as out of date. */
  touch(urgent = false) {
    this.stale = true;
    this.lab.painter.wake(urgent);
  }

  get visible() {
    return this.plot.clientWidth > 0 && this.plot.clientHeight > 40;
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
    const layout = {...this.#baseLayout(), ...figure.layout};
    window.Plotly.react(this.plot, figure.data, layout, {displayModeBar: false, doubleClick: false, responsive: false});
    this.described = figure.description;
    this.#describe();
    if (!this.bound) this.bind();
  }

  /** Listens to the person's zoom; the ranges then are theirs until the zoom is undone. */
  bind() {
    this.bound = true;
    this.plot.on("plotly_relayout", (change) => {
      const zoom = {};
      for (const axis of ["xaxis", "yaxis"]) {
        const range = change[`${axis}.range`] ?? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
        if (range.every((end) => Number.isFinite(end))) zoom[axis] = range;
      }
      if (Object.keys(zoom).length) this.setZoom({...this.zoom, ...zoom});
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
    return [config.trick, store.head.public_id, this.id].filter(Boolean).join("-");
  }

  destroy() {
    this.sizes.disconnect();
    clearTimeout(this.describing);
    if (this.bound) window.Plotly.purge(this.plot);
    this.element.remove();
  }

  /** An axis in the lab's style; `parts` adds to it. */
  axis(parts) {
    const {theme, font} = this.lab;
    return {
      showgrid: true,
      gridcolor: theme.grid,
      gridwidth: 1,
      zeroline: false,
      linecolor: theme.axis,
      tickfont: {size: font, color: theme.muted},
      nticks: 6,
      separatethousands: true,
      fixedrange: Boolean(this.still),
      ...parts,
      title: parts.title
        ? {
            text: parts.title.replace(/(\p{L})_(\w+)/gu, "$1<sub>$2</sub>"),
            font: {size: font, color: theme.muted},
            standoff: 6,
          }
        : undefined,
    };
  }

  /** The numbers of a log axis over `range` (logarithms). */
  logTicks(range) {
    const tickvals = logTicks(range);
    return {tickvals, ticktext: tickvals.map((value) => number(value))};
  }

  /** Table rows: `{head: [names], rows: [[cells]]}` built when somebody asks. */
  rows() {
    return null;
  }

  #baseLayout() {
    const {theme, font} = this.lab;
    return {
      width: this.plot.clientWidth,
      height: this.plot.clientHeight,
      paper_bgcolor: theme.ground,
      plot_bgcolor: theme.ground,
      font: {family: theme.family, size: font, color: theme.text},
      showlegend: false,
      uirevision: "lab",
      hoverlabel: {
        bgcolor: theme.ground,
        bordercolor: theme.soft,
        font: {size: font, color: theme.text},
        namelength: -1,
      },
      dragmode: this.still || matchMedia("(pointer: coarse)").matches ? false : "zoom",
    };
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
    const cells = (row) => row.map((cell) => h("td", {}, cell));
    this.table.replaceChildren(
      h(
        "table",
        {},
        h("caption", {}, this.title),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            content.head.map((name) => h("th", {scope: "col"}, name)),
          ),
        ),
        h(
          "tbody",
          {},
          content.rows.map((row) => h("tr", {}, cells(row))),
        ),
      ),
    );
    this.table.focus();
  }
}
