// Run, pause, one step, speed, restart, and how far the run has come.

import {when} from "../data/dates.js";
import {PLACES, placeOf, speedAt} from "../data/scale.js";
import {count, duration, number, readTyped} from "../data/text.js";
import {h, icon, iconButton, setFlag, setPlace, setText} from "../page/dom.js";
import {TakeBox} from "../page/take_box.js";
import {restrict} from "./restrict.js";

/** A box for a whole number from `low` to `high`: `take` gets it; what it is not is said, with the number `kept`. */
export function wholeBox(lab, {name, label, low, high, kept, take}) {
  const box = h("input", {
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    class: "lab-box",
    "aria-label": label,
    "data-box": name,
  });
  box.addEventListener("focus", () => box.select());
  box.addEventListener("keydown", (event) => event.key === "Enter" && box.blur());
  box.addEventListener("change", () => {
    const asked = {called: label, low, high, integer: true, kept: kept()};
    const {value, refusal} = readTyped(box.value, asked, lab.t);
    if (refusal) lab.say("refused", refusal);
    else take(value);
  });
  return box;
}

/** What the button that starts, pauses and resumes a run says, by the run's state. */
export function primaryText(state, t) {
  if (state === "running") return t("lab.pause");
  if (state === "paused") return t("lab.resume");
  if (state === "interrupted") return t("lab.go_on");
  return t(state ? "lab.run.again" : "lab.run");
}

/** How far a run has come, or what it waits for, and of one that goes on how fast it does; of none how long the next will be. */
export function progressText({run, state, step, head}, steps, t) {
  if (!run) return t("lab.progress.before", {steps: count(steps)});
  const {steps_per_epoch, rate, eta_s, making, begun_at, fork} = head;
  if (making) return making;
  const parts = [
    t("lab.progress.step", {step: count(step), steps: count(steps)}),
    t("lab.progress.epoch", {epoch: (step / steps_per_epoch).toFixed(1)}),
  ];
  if (state !== "running") parts.push(t(`lab.state.${state}`));
  else {
    if (Number.isFinite(rate)) parts.push(t("lab.progress.rate", {rate: number(rate, 3)}));
    if (Number.isFinite(eta_s)) parts.push(t("lab.progress.left", {left: duration(eta_s, t)}));
  }
  if (fork) parts.push(t("lab.progress.fork", {step: count(fork.step)}));
  if (Number.isFinite(begun_at))
    parts.push(t("lab.progress.past", {when: when(begun_at, document.documentElement.lang || "en")}));
  return parts.join(" · ");
}

/** The transport row; `lab` has the actions (`toggle`, `oneStep`, `restart`, `setSpeed` and so on). */
export class Transport {
  constructor(lab) {
    const {t, config} = lab;
    this.lab = lab;
    this.primary = h("button", {type: "button", class: "lab-button lab-primary", onclick: () => lab.toggle()});
    this.stepping = iconButton("step", t("lab.step.one"), () => lab.oneStep(), {"data-action": "step"});
    const again = iconButton("restart", t("lab.restart"), () => lab.restart(), {"data-action": "restart"});
    const reseed = iconButton("reseed", t("lab.reseed"), () => lab.reseed(), {"data-action": "reseed"});
    this.speed = h("input", {
      type: "range",
      class: "lab-range",
      min: 0,
      max: PLACES,
      step: 1,
      "aria-label": t("lab.speed"),
    });
    this.speed.dataset.range = "speed";
    this.speed.addEventListener("input", () => lab.setSpeed(speedAt(Number(this.speed.value))));
    this.speed.addEventListener("change", () => lab.report());
    this.speedText = h("output", {class: "lab-speed-text"});
    this.steps = this.#box("steps", t("lab.steps"), (value) => lab.setSteps(value), ...config.limits.steps);
    this.seed = this.#box("seed", t("lab.seed"), (value) => lab.setSeed(value), ...config.limits.seed);
    this.bar = h("div", {class: "lab-bar", role: "progressbar", "aria-label": t("lab.progress"), "aria-valuemin": 0});
    this.bar.append(h("span"));
    this.where = h("span", {class: "lab-where"});
    this.seeded = h("span", {class: "lab-where"});
    this.progress = h("div", {class: "lab-progress"}, this.bar, this.where);
    const field = (label, ...children) => h("label", {class: "lab-field"}, h("span", {}, label), ...children);
    this.buttons = h("div", {class: "lab-buttons"}, this.primary, this.stepping, again, reseed);
    const fields = {
      speed: field(t("lab.speed"), this.speed, this.speedText),
      task: config.tasks.length > 1 ? field(t("lab.task"), this.#tasks()) : null,
      steps: field(t("lab.steps"), this.steps),
      seed: field(t("lab.seed"), this.seed),
    };
    for (const [name, element] of Object.entries(fields)) if (element) restrict(lab, name, element);
    restrict(lab, "seed", reseed);
    this.element = h(
      "div",
      {class: "lab-transport", role: "toolbar", "aria-label": t("lab.transport")},
      this.buttons,
      ...Object.values(fields).filter(Boolean),
      this.progress,
    );
    this.refresh();
  }

  /** Shows the run as it stands. */
  refresh() {
    const {lab} = this;
    const {store, t} = lab;
    const isOthers = lab.state === "interrupted" && !lab.isInterrupted; // whose it is can go on with it
    const state = lab.looksOn || isOthers ? null : lab.state;
    const action = state === "running" ? "pause" : "run";
    if (!this.primary.dataset.action || this.shown !== state) {
      this.shown = state;
      this.primary.dataset.action = action;
      this.primary.replaceChildren(icon(action), primaryText(state, t));
    }
    setFlag(this.primary, "data-busy", lab.starting);
    const why = lab.looksOn ? t(`lab.wheel.${lab.wheel}`) : "";
    const isHeld = lab.reach.locks("speed");
    for (const button of this.buttons.children) button.disabled = lab.isDead(button.dataset.action);
    this.stepping.title = why || t("lab.step.one");
    this.speed.disabled = lab.looksOn || isHeld;
    this.speed.title = isHeld ? t("lab.reach.locked") : why;
    setPlace(this.speed, placeOf(lab.speed), (place) => speedAt(place) === lab.speed);
    const pace = lab.speed === null ? t("lab.speed.free") : t("lab.speed.paced", {rate: number(lab.speed, 2)});
    setText(this.speedText, pace);
    this.speed.setAttribute("aria-valuetext", pace);
    if (document.activeElement !== this.steps) this.steps.value = count(lab.steps);
    if (document.activeElement !== this.seed) this.seed.value = String(lab.seed);
    const {spec} = store;
    setFlag(this.steps, "data-pending", Boolean(spec && spec.steps !== lab.steps));
    setFlag(this.seed, "data-pending", Boolean(spec && spec.seed !== lab.seed));
    this.#progress(store, t);
  }

  #progress(store, t) {
    const steps = store.steps || this.lab.steps;
    const share = steps ? store.step / steps : 0;
    this.bar.firstChild.style.transform = `scaleX(${share})`;
    this.bar.setAttribute("aria-valuemax", String(steps));
    this.bar.setAttribute("aria-valuenow", String(store.step));
    setText(this.seeded, t("lab.progress.seed", {seed: store.spec?.seed ?? this.lab.seed}));
    setText(this.where, progressText(store, steps, t));
  }

  #box(name, label, take, low, high) {
    const box = wholeBox(this.lab, {name, label, low, high, kept: () => this.lab[name], take});
    box.addEventListener("blur", () => this.refresh());
    return box;
  }

  #tasks() {
    const {config, t} = this.lab;
    const options = config.tasks.map(({name, label}) =>
      h("option", {value: name, selected: name === config.task}, label),
    );
    const select = h("select", {class: "lab-select", "data-select": "task", "aria-label": t("lab.task")}, ...options);
    select.addEventListener("change", () => this.lab.setTask(select.value));
    return select;
  }
}

/** Links to the data of the run. */
export class Exports {
  constructor(lab) {
    const {t} = lab;
    this.lab = lab;
    this.links = ["csv", "json"].map((format) => {
      const parts = {
        class: "lab-tool lab-kept",
        "data-export": format,
        download: true,
        title: t(`lab.export.${format}`),
      };
      return h("a", parts, format.toUpperCase());
    });
    this.box = new TakeBox(t, lab.config.forms);
    this.more = h("button", {type: "button", class: "lab-tool", "data-action": "take-home"}, t("lab.take"));
    this.more.title = t("lab.take.help");
    this.more.addEventListener("click", () => this.box.open(1, (form) => this.#address(form)));
    const all = [...this.links, this.more];
    this.element = h("span", {class: "lab-exports", role: "group", "aria-label": t("lab.export")}, ...all);
  }

  refresh() {
    const {store} = this.lab;
    if (this.run !== store.run) {
      this.run = store.run;
      for (const link of this.links) link.href = this.#address(link.dataset.export);
    }
    this.element.hidden = !store.run;
  }

  #address(form) {
    const {store, config} = this.lab;
    return `${config.export}/${store.run && this.lab.ticket(store.run)}.${form}`;
  }
}
