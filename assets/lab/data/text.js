// Words come from the labels the page hands over; numbers are written here.

/** `t(key, values)`: the label of that key with `{name}` replaced; the key itself where the catalog lacks it. */
export function makeText(labels) {
  return (key, values = {}) => (labels[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const NONE = "–"; // what stands where nothing was, or could be, measured

/** A number with three significant digits (or as many as asked), without needless zeros. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4)
    return minus(
      value
        .toExponential(digits - 1)
        .replace(/\.?0+e/, "e")
        .replace("e+", "e"),
    );
  if (size >= 10 ** digits) return minus(Math.round(value).toLocaleString("en-US"));
  return minus(String(Number(value.toPrecision(digits))));
}

/** A measured number with its zeros kept, so that two of them compare at a glance. */
export function measured(value, digits = 3) {
  if (!Number.isFinite(value) || value === 0) return number(value);
  const size = Math.abs(value);
  if (size >= 10 ** digits || size < 1e-3) return number(value, digits);
  return minus(value.toPrecision(digits));
}

/** A whole number with thousands apart. */
export function count(value) {
  return Math.round(value).toLocaleString("en-US");
}

function minus(text) {
  return text.replace(/-/g, "−");
}

/** Reads what a person typed, as `1,000`, `1 000,5` or `0,125`; NaN where it is no number. */
export function parse(text) {
  const clean = text
    .trim()
    .replace(/−/g, "-")
    .replace(/^[+-]?[1-9]\d{0,2}(?:[\s,]\d{3})+(?!\d)/, (thousands) => thousands.replace(/[\s,]/g, ""))
    .replace(",", ".");
  return clean === "" ? NaN : Number(clean);
}

/** A value as it stands in a knob's box: so that typed again it is the same, as far as a person cares. */
export function boxText(value) {
  return Number.isInteger(value) && value >= 1000 ? count(value) : number(value, 4);
}

/**
 * What somebody typed into the box of what is `called` so: its value, and why it is refused ("" where it is not).
 *
 * @param {string} text
 * @param {{called: string, low: number, high: number, integer: boolean, kept: *}} asked what may be typed, and what is
 *   kept where something else was
 */
export function readTyped(text, {called, low, high, integer, kept}, t) {
  const value = parse(text);
  const broken = [
    ["number", !Number.isFinite(value)],
    ["whole", integer && !Number.isInteger(value)],
    ["range", value < low || value > high],
  ].find(([, isBroken]) => isBroken);
  if (!broken) return {value, refusal: ""};
  const words = {symbol: called, typed: text.trim(), low: boxText(low), high: boxText(high), kept: boxText(kept)};
  return {value, refusal: t(`lab.refused.${broken[0]}`, words)};
}

/** A symbol in a line of text: the digits after its underscore as subscripts, letters after a space. */
export function symbolText(symbol) {
  const below = (_, digits) => Array.from(digits, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
  return symbol.replace(/_(\d+)$/, below).replaceAll("_", " ");
}

/** A sentence with its symbols written as in any line of text. */
export function prose(text) {
  return text.replace(/(?<!\p{L})\p{L}_\w+/gu, symbolText);
}

/** A sentence with its first letter large, unless that is a symbol. */
export function capital(text) {
  return /^\p{L}(?!\p{L})/u.test(text) ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Why a run could not be started, from the server's reason. */
export function unstartedText(reason, t) {
  return t("lab.unstarted", {reason: capital(reason.replace(/\.$/, ""))});
}

/** The name of an array, a metric or a setting: its label, or the identifier as words. */
export function naming(config, t) {
  const metrics = new Map(config.metrics.map((metric) => [metric.name, metric.label]));
  return (name) => {
    const key = `array.${name}`;
    return key in config.labels ? t(key) : (metrics.get(name) ?? name.replaceAll("_", " "));
  };
}

/**
 * Why something was refused, in the page's words; in the server's, of a rule that the page has none for.
 *
 * @param {{name: string, rule: string, value: *, parts: object, message: string}} refusal the frame's header
 * @param {{t: function, called: function(string): (string|undefined)}} words `called` gives what a knob, a setting, a
 *   field or a trick is called; what it does not know is said by its identifier
 */
export function refusalText({name, rule, value, parts, message}, {t, called}) {
  const key = `lab.refused.rule.${rule}`;
  const calling = (one) => called(one) ?? one.replaceAll("_", " ");
  const labeled = (label, one) => (t(label) === label ? String(one) : t(label));
  const valued = (one) => labeled(`choice.${name}.${one}`, one);
  const ways = {near: calling, tricks: calling, other: calling, state: (one) => labeled(`lab.state.${one}`, one)};
  const limit = (one) => (Number.isInteger(one) ? count(one) : number(one));
  const one = (said, by) => (typeof said === "number" ? limit(said) : by(said));
  const all = (said, by) => (Array.isArray(said) ? said.map((each) => one(each, by)).join(", ") : one(said, by));
  const told = {name: name && calling(name), value: all(value, valued)};
  for (const [part, said] of Object.entries(parts)) told[part] = all(said, ways[part] ?? valued);
  const text = t(key, told);
  return text === key ? message : capital(text);
}

/** A value as it is said of that knob: numbers in three digits, choices by their label. */
export function valueText(labels, name, value) {
  if (typeof value === "number") return number(value);
  return labels[`choice.${name}.${value}`] ?? String(value).replaceAll("_", " ");
}

/** What a lab of several runs says of knobs, as its `config` declares them. */
export class SaysKnobs {
  /** @param {import("../types.d.ts").Config} config */
  constructor(config) {
    this.config = config;
  }

  declared(name) {
    return this.config.knobs.find((knob) => knob.name === name);
  }

  symbol(name) {
    const declared = this.declared(name);
    return symbolText(declared?.symbol || declared?.label || name);
  }

  valueText(name, value) {
    return valueText(this.config.labels, name, value);
  }

  knobsText(knobs) {
    return Object.entries(knobs)
      .map(([name, value]) => `${this.symbol(name)} ${this.valueText(name, value)}`)
      .join(", ");
  }
}

/** A time as a person says it. */
export function duration(seconds, t) {
  if (seconds < 100) return t("lab.time.seconds", {seconds: Math.max(0, Math.round(seconds))});
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return t("lab.time.minutes", {minutes});
  return t("lab.time.hours", {hours: number(minutes / 60, 2)});
}
