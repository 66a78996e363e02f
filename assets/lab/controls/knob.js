// Controls of the trick's knobs and the shared settings: they act while they are dragged.

import {isIdle, Scale} from "../data/scale.js";
import {boxText, readTyped, symbolText} from "../data/text.js";
import {h, iconButton, setFlag, setText} from "../page/dom.js";
import {hold} from "./restrict.js";
import {Segments} from "./segments.js";

const POSITIONS = 1000;

/**
 * One knob: its symbol and name, a slider or choices, a box to type in, a mark at the neutral value, and a reset.
 *
 * `on.turn(value)` while it moves, `on.settle()` when it is let go; a knob that takes effect at the next start says so.
 */
export class Knob {
  constructor(declared, {t, compact, slider = true, locked = ""}, on) {
    this.declared = declared;
    this.locked = locked; // why it cannot be changed here
    this.on = on;
    this.t = t;
    const {name, symbol, label, help, unit, live, choices} = declared;
    this.current = declared.value;
    this.message = h("p", {class: "lab-message", role: "alert"});
    this.idle = h("p", {class: "lab-idle"}); // why it changes nothing now
    this.wait = h("span", {class: "lab-wait"});
    const id = `lab-${name}-${Math.random().toString(36).slice(2, 8)}`;
    const title = [help, live ? "" : t("lab.structural")].filter(Boolean).join(" ");
    const beside = unit ? h("span", {class: "lab-unit-beside"}, ` (${unit})`) : null;
    const mark = symbol ? h("span", {class: "lab-symbol"}, ...subscripted(symbol)) : null;
    const caption = h(
      "label",
      {class: "lab-name", for: id, title},
      mark,
      h("span", {class: "lab-label"}, label, beside),
    );
    this.reset = iconButton(
      "reset",
      t("lab.knob.reset", {label, value: boxText(declared.default)}),
      () => this.#reset(),
      {class: "lab-button lab-reset"},
    );
    const numeric = !choices?.length;
    this.control = numeric ? (slider ? this.#slider(id) : null) : this.#choice(id);
    this.box = numeric ? this.#typed(slider ? null : id) : null;
    const right = this.box
      ? h("span", {class: "lab-value"}, this.box, h("span", {class: "lab-unit"}, unit ?? ""))
      : null;
    this.element = h(
      "div",
      {class: compact ? "lab-knob lab-compact" : "lab-knob", "data-knob": name, "data-live": live},
      h("div", {class: "lab-knob-head"}, caption, this.wait, right, compact ? null : this.reset),
      this.control,
      this.idle,
      this.message,
    );
    this.pending = false;
    if (locked) hold(this.element, locked);
    this.show(declared.value);
  }

  get value() {
    return this.current;
  }

  /** Shows a value without reporting it. */
  show(value) {
    this.current = value;
    const {declared} = this;
    if (this.range) {
      this.range.value = String(Math.round(this.scale.place(value) * POSITIONS));
      this.range.setAttribute("aria-valuetext", `${boxText(value)} ${declared.unit ?? ""}`.trim());
      this.range.style.setProperty("--place", String(this.scale.place(value)));
    }
    if (this.box && document.activeElement !== this.box) this.box.value = boxText(value);
    if (this.segments) this.segments.value = value;
    if (this.select) this.select.value = value;
    this.reset.style.visibility = value === declared.default ? "hidden" : "";
    setFlag(this.element, "data-neutral", declared.neutral !== null && value === declared.neutral);
  }

  /** Moves the knob as the keyboard does. */
  nudge(direction) {
    const {choices} = this.declared;
    if (this.locked) return;
    if (!choices?.length) return this.#turn(this.scale.next(this.current, direction));
    const at = choices.findIndex((choice) => choiceValue(choice) === this.current) + direction;
    this.#turn(choiceValue(choices[Math.min(Math.max(at, 0), choices.length - 1)]));
  }

  /** Says in place why a value was refused. */
  refuse(message) {
    setText(this.message, message);
    setFlag(this.element, "data-refused", true);
  }

  /** Shows that the value on the knob waits for the next start. */
  set pending(pending) {
    setFlag(this.element, "data-pending", pending);
    setText(this.wait, pending || !this.declared.live ? this.t("lab.structural") : "");
  }

  /** Whether it changes nothing while other knobs stand at `values`: it is dimmed, and says why. */
  idleAt(values) {
    const {when, unless, idle} = this.declared;
    const off = isIdle({when, unless}, values);
    setFlag(this.element, "data-idle", off);
    setText(this.idle, off ? idle : "");
    const why = [this.locked, off && idle].filter(Boolean).join(" ");
    this.element.title = why;
    for (const control of [this.range, this.box, this.select, this.segments?.element])
      if (why) control?.setAttribute("aria-description", why);
      else control?.removeAttribute("aria-description");
  }

  #accept() {
    setText(this.message, "");
    setFlag(this.element, "data-refused", false);
  }

  #turn(value) {
    this.#accept();
    if (value === this.current) return;
    this.show(value);
    this.on.turn(value);
  }

  #reset() {
    this.#turn(this.declared.default);
    this.on.settle();
  }

  #slider(id) {
    const {declared} = this;
    this.scale = new Scale(declared);
    this.range = h("input", {
      type: "range",
      id,
      class: "lab-range",
      min: 0,
      max: POSITIONS,
      step: 1,
      "data-range": declared.name,
      "aria-label": spoken(declared.symbol, declared.label),
    });
    this.range.addEventListener("input", () => this.#turn(this.scale.value(this.range.value / POSITIONS)));
    this.range.addEventListener("change", () => this.on.settle());
    this.range.addEventListener("keydown", (event) => {
      const direction = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
      if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.nudge(direction * (event.shiftKey ? 5 : 1));
      this.on.settle();
    });
    if (declared.neutral === null || declared.neutral === undefined) return h("div", {class: "lab-slider"}, this.range);
    const tick = h("span", {
      class: "lab-neutral",
      title: this.t("lab.neutral.help", {value: boxText(declared.neutral)}),
    });
    tick.append(h("span", {}, this.t("lab.neutral")));
    tick.style.setProperty("--at", String(this.scale.place(declared.neutral)));
    if (this.scale.place(declared.neutral) > 0.8) tick.setAttribute("data-end", "");
    return h("div", {class: "lab-slider"}, this.range, tick);
  }

  #choice(id) {
    const {declared, t} = this;
    const choices = declared.choices.map((choice) => ({value: choiceValue(choice), label: this.#choiceLabel(choice)}));
    const pick = (value) => {
      this.#turn(value);
      this.on.settle();
    };
    const letters = choices.reduce((sum, {label}) => sum + label.length + 3, 0);
    if (choices.length <= 6 && letters <= 44) {
      this.segments = new Segments({
        label: declared.label,
        choices,
        value: declared.value,
        onchange: pick,
        name: declared.name,
      });
      const neutral = this.segments.buttons.get(declared.neutral);
      if (neutral) neutral.title = t("lab.neutral");
      return this.segments.element;
    }
    const options = choices.map(({value, label}) => h("option", {value}, label));
    this.select = h(
      "select",
      {id, class: "lab-select", "data-select": declared.name, onchange: () => pick(this.select.value)},
      ...options,
    );
    return this.select;
  }

  #choiceLabel(choice) {
    if (typeof choice === "object") return choice.label;
    const key = `choice.${this.declared.name}.${choice}`;
    const text = this.t(key);
    return text === key ? choice.replaceAll("_", " ") : text;
  }

  #typed(id) {
    const {declared} = this;
    this.scale ??= new Scale(declared);
    const box = h("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      class: "lab-box",
      id,
      "data-box": declared.name,
      "aria-label": spoken(declared.symbol, declared.label, declared.unit),
    });
    box.addEventListener("focus", () => box.select());
    box.addEventListener("change", () => this.#take(box));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") box.blur();
      if (event.key !== "Escape") return;
      box.value = boxText(this.current);
      box.blur();
    });
    box.addEventListener("blur", () => this.show(this.current));
    return box;
  }

  #take(box) {
    const {declared} = this;
    const called = symbolText(declared.symbol || declared.label);
    const {value, refusal} = readTyped(box.value, {...declared, called, kept: this.current}, this.t);
    if (refusal) return this.refuse(refusal);
    this.#turn(value);
    this.on.settle();
  }
}

/** A symbol with what follows its underscore set as a subscript. */
function subscripted(symbol) {
  const [base, below] = symbol.split("_");
  return below ? [base, h("sub", {}, below)] : [base];
}

/** What is read aloud of a control. */
function spoken(symbol, ...words) {
  return [symbolText(symbol), ...words].filter(Boolean).join(" ");
}

function choiceValue(choice) {
  return typeof choice === "object" ? choice.value : choice;
}
