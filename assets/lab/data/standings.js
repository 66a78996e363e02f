// Where the arms stand: on each metric the last test, its difference to the baseline's, and what is best; and the same
// as text to take along.

import {lastAtMost} from "./store.js";
import {measured} from "./text.js";

const TAIL = 0.1; // of the run so far: its mean stands beside a single, jittery test
const FEWEST_IN_TAIL = 2;

/** An arm's last measurement of a metric up to a step, its difference to the baseline's then, whether it had ended. */
export function standing(store, arm, metric, until = Infinity) {
  const {tests} = store.arms[arm] ?? {};
  const count = tests ? lastAtMost(tests.view("step"), until) + 1 : 0;
  const failure = store.failure(arm);
  const ended = failure !== null && failure.step <= until;
  if (!count) return {value: NaN, difference: NaN, tail: NaN, ended};
  const [steps, values] = [tests.view("step").slice(0, count), tests.view(metric).slice(0, count)];
  const baseline = store.arms[0].tests;
  const at = lastAtMost(baseline.view("step"), steps.at(-1));
  const same = at >= 0 && baseline.view("step")[at] === steps.at(-1);
  const value = values.at(-1);
  const difference = arm && same ? value - baseline.view(metric)[at] : NaN;
  return {value, difference, tail: tailOf(steps, values), ended};
}

/** The mean of the tests in the last tenth of the run so far; NaN where there are too few. */
export function tailOf(steps, values) {
  const first = lastAtMost(steps, (1 - TAIL) * (steps.at(-1) ?? 0)) + 1;
  const found = Array.from(values.slice(first)).filter(Number.isFinite);
  return found.length < FEWEST_IN_TAIL ? NaN : found.reduce((sum, value) => sum + value, 0) / found.length;
}

/** A difference with its sign; what is exactly nothing is said to be. */
export function signed(difference) {
  if (!Number.isFinite(difference)) return "";
  if (difference === 0) return "0";
  return `${difference > 0 ? "+" : "−"}${measured(Math.abs(difference), 2)}`;
}

/** Whether a difference is for the better (1), for the worse (−1), or neither. */
export function direction(difference, better) {
  return Math.sign(difference) * (better === "lower" ? -1 : 1) || 0;
}

/** Where an arm stands, and its difference to the baseline, in two cells: of one that ended, that it did. */
export function standingCells({value, difference, ended}, t) {
  return ended ? [t("lab.many.ended"), ""] : [measured(value), signed(difference)];
}

/** What a direction is called. */
export const WAYS = {1: "better", [-1]: "worse"};

/**
 * All arms on all metrics, as they stood after the step `until`. One that had ended, its numbers being none any more, is
 * the best on none of them, whatever it had measured before.
 *
 * @param {string[]} labels what the arms are called
 * @param {{name: string, label: string, better: string}[]} metrics
 * @returns {{label: string, name: string, cells: {value: number, difference: number, tail: number, ended: boolean, way: number, best: boolean}[]}[]}
 */
export function standings(store, labels, metrics, until = Infinity) {
  const rows = labels.map((label, arm) => ({
    label,
    name: store.spec?.arms?.[arm]?.name ?? label,
    cells: metrics.map(({name, better}) => {
      const found = standing(store, arm, name, until);
      return {...found, way: found.ended ? 0 : direction(found.difference, better), best: false};
    }),
  }));
  metrics.forEach(({better}, i) => {
    const best = bestAmong(
      rows.map(({cells}) => (cells[i].ended ? NaN : cells[i].value)),
      better,
    );
    for (const {cells} of rows) cells[i].best = !cells[i].ended && cells[i].value === best;
  });
  return rows;
}

/** The best of some values; NaN where they are all alike, or none is better. @param {string} better */
export function bestAmong(values, better) {
  const finite = values.filter(Number.isFinite);
  const best = better === "lower" ? Math.min(...finite) : Math.max(...finite);
  return better && finite.some((value) => value !== best) ? best : NaN;
}

/** The arms that are left and measured on one metric, the best first: `label`, `arm` and what its cell says. */
export function ranked(rows, metric, better) {
  const sign = better === "lower" ? 1 : -1;
  const known = rows.map(({label, cells}, arm) => ({label, arm, ...cells[metric]}));
  return known.filter(({value, ended}) => Number.isFinite(value) && !ended).sort((a, b) => sign * (a.value - b.value));
}

/** The arms that are the best of those `ranked`, where several are alike; none where one alone is, or all are alike. */
export function tied(ranked) {
  const best = ranked.filter(({value}) => value === ranked[0].value);
  return best.length > 1 && best.length < ranked.length ? best : [];
}

/** The best arm on one metric, with the runner-up it is compared with: the baseline, unless that is the best itself. */
export function leader(rows, metric, better) {
  const [first, ...others] = ranked(rows, metric, better);
  if (!others.length || first.value === others[0].value) return null;
  return {first, second: others.find(({arm}) => arm === 0) ?? others[0]};
}

/**
 * What each part of tricks together does: added to all the others, and alone. Empty where the arms are no ablation.
 *
 * @param {string[][]} tricks those of each arm; the first has none, the second all
 * @returns {{trick: string, last: number, alone: number, idle: boolean, idleAlone: boolean}[]} differences on the
 *   metric, where no arm of them has ended; `idle`: all tricks with it and without it measured the same on every metric,
 *   `idleAlone`: it alone measured what the baseline did
 */
export function parts(store, tricks, metric, metrics) {
  const all = tricks[1] ?? [];
  const find = (wanted) =>
    tricks.findIndex((arm) => arm.length === wanted.length && wanted.every((one) => arm.includes(one)));
  const value = (arm, name) => {
    const found = arm < 0 ? null : standing(store, arm, name);
    return found && !found.ended ? found.value : NaN;
  };
  if (all.length < 2 || find([all[0]]) < 0) return [];
  return all.map((trick) => {
    const [without, only] = [find(all.filter((other) => other !== trick)), find([trick])];
    const same = (one, other) => metrics.every(({name}) => value(one, name) === value(other, name));
    const [whole, rest, own, plain] = [1, without, only, 0].map((arm) => value(arm, metric));
    return {trick, last: whole - rest, alone: own - plain, idle: same(1, without), idleAlone: same(only, 0)};
  });
}

/** The table in one of `FORMATS`: plain rows of text, with the best marked by `**` or `\textbf` where there is such. */
export function asText(format, rows, metrics, words) {
  return FORMATS[format](rows, metrics, words);
}

export const FORMATS = {
  markdown(rows, metrics, words) {
    const cell = (text) => text.replaceAll("|", "\\|");
    const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
    const head = line(heads(metrics, words));
    const rule = `| --- |${" ---: |".repeat(2 * metrics.length)}`;
    return [head, rule, ...rows.map((row) => line(texts(row, (text) => `**${text}**`)))].join("\n");
  },
  latex(rows, metrics, words) {
    const line = (cells) => `${cells.join(" & ")} \\\\`;
    const head = heads(metrics, words).map(tex);
    const body = rows.map((row) => line(texts(row, (text) => `\\textbf{${text}}`, tex)));
    const columns = `l${"rr".repeat(metrics.length)}`;
    return [`\\begin{tabular}{${columns}}`, line(head), "\\hline", ...body, "\\end{tabular}"].join("\n");
  },
  csv(rows, metrics, words) {
    const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const number = (value) => (Number.isFinite(value) ? String(value) : "");
    const hasTail = (i) => rows.every(({cells}) => cells[i].tail !== undefined);
    const columns = (name, i) => [name, `${name}_difference`, ...(hasTail(i) ? [`${name}_last_tenth`] : [])];
    const head = [words.arm, ...metrics.flatMap(({name}, i) => columns(name, i))];
    const body = rows.map(({name, cells}) => [
      name,
      ...cells.flatMap(({value, difference, tail}) =>
        [value, difference, ...(tail === undefined ? [] : [tail])].map(number),
      ),
    ]);
    return [head, ...body].map((cells) => cells.map(quoted).join(",")).join("\r\n");
  },
};

function heads(metrics, {arm, difference}) {
  return [arm, ...metrics.flatMap(({label}) => [label, difference])];
}

function texts({label, cells}, mark, written = (text) => text) {
  const told = cells.flatMap(({value, difference, best}) => {
    const text = written(Number.isFinite(value) ? measured(value) : "–");
    return [best ? mark(text) : text, written(signed(difference))];
  });
  return [written(label), ...told];
}

const TEX = {"−": "$-$", "≥": "$\\geq$", "–": "--", "∞": "$\\infty$", "²": "$^2$", "→": "$\\to$", "…": "\\dots{}"};

const GREEK = Object.fromEntries(
  "α alpha, β beta, γ gamma, δ delta, ε epsilon, η eta, κ kappa, λ lambda, μ mu, σ sigma, τ tau, φ phi"
    .split(", ")
    .map((pair) => pair.split(" ")),
);

/** Text as LaTeX shows it. */
export function tex(text) {
  const escaped = text
    .replace(/[\\{}$&#^_~%]/g, (mark) =>
      mark === "\\" ? "\\textbackslash{}" : /[\^~]/.test(mark) ? `\\${mark}{}` : `\\${mark}`,
    )
    .replace(/[₀-₉]/g, (digit) => `$_${"₀₁₂₃₄₅₆₇₈₉".indexOf(digit)}$`);
  return Array.from(escaped, (letter) => TEX[letter] ?? (GREEK[letter] ? `$\\${GREEK[letter]}$` : letter)).join("");
}
