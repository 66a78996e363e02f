// What a study over seeds found: its verdict in words, its table row by row, and which of its points stands best.

import {direction, signed} from "./standings.js";
import {meanOf} from "./study.js";
import {count, measured, number} from "./text.js";

const NONE = "–"; // nothing is known

/** What can be shown: the metrics, and of a repeat whatever else there are curves of. */
export function shownMetrics({store, metrics, swept}) {
  const judged = metrics.map(({name}) => name);
  const others = swept ? [] : [...store.bands.keys()].map((key) => key.split(",")[3]);
  return [...new Set([...judged, ...others])];
}

/** The better side of a metric: that of a loss is below, of what else the server does not judge there is none. */
export function betterOf(metrics, metric) {
  return metrics.find(({name}) => name === metric)?.better ?? (metric.endsWith("loss") ? "lower" : null);
}

/**
 * The point whose curves are open until one is chosen: while seeds arrive the one that was, at the end the best, of those
 * of which no seed diverged where there are such.
 */
export function openPoint(page) {
  const {store, metric, point} = page;
  const rows = store.response(metric).filter(({mean}) => Number.isFinite(mean));
  if (store.going && rows.some((row) => row.point === point)) return point;
  const sign = page.better(metric) === "lower" ? 1 : -1;
  const lost = (row) => (row.num_diverged ? 1 : 0);
  return rows.toSorted((one, other) => lost(one) - lost(other) || sign * (one.mean - other.mean))[0]?.point ?? 0;
}

/**
 * What the seeds say of the metric that is judged; of a sweep, of the one that is shown.
 *
 * @returns {{text: string, claimed: boolean | null}[]} `claimed`: null where there is nothing to judge
 */
export function verdict(page) {
  const {store, t, swept, metric} = page;
  const {lines = [], arms = [], judged} = store.head;
  const said = lines.filter((line) => line.metric === (swept ? metric : judged));
  if (!said.length && store.run && !swept)
    return [{text: t(`lab.seeds.verdict.${store.going ? "wait" : "none"}`), claimed: null}];
  // A look at some of the seeds is not the test that was planned: it claims nothing.
  const ended = store.state === "finished";
  const early = ended ? "" : `${t("lab.seeds.verdict.early")} `;
  const called = (arm) => (arms.length > 2 ? `${page.arms()[arms.indexOf(arm)]?.label ?? arm}: ` : "");
  return said.map(({arm, text, claimed}) => ({text: early + called(arm) + text, claimed: claimed && ended}));
}

// The baseline's mean and an arm's over the seeds that both have, whose difference is theirs: else it would be another's.
function pairedMeans(store, arm, metric) {
  const [first, second] = [0, arm].map((index) => store.last(index, metric));
  const both = [...first.keys()].filter(
    (seed) => Number.isFinite(first.get(seed)) && Number.isFinite(second.get(seed)),
  );
  return [first, second].map((values) => meanOf(both.map((seed) => values.get(seed))));
}

/**
 * The table of a repeat. A row a metric and arm: where both stand on the seeds that both have, their difference, and how
 * sure that is.
 *
 * @returns {{head: string[], rows: {cells: string[], claimed?: string}[]}} `claimed`: which way a difference is that is
 *   told from noise
 */
export function comparisons(page) {
  const {store, t} = page;
  const {lines = [], arms = []} = store.head;
  const labels = page.arms().map(({label}) => label);
  const isMany = arms.length > 2;
  const rows = lines.map(({metric, arm: called, claimed, mean, low, high, effect, won, num_seeds, p_holm}) => {
    const arm = arms.indexOf(called);
    const [plain, own] = pairedMeans(store, arm, metric);
    const way = claimed ? wayOf(mean, page.better(metric)) : undefined;
    const cells = [
      isMany ? `${page.name(metric)}, ${labels[arm]}` : page.name(metric),
      measured(plain),
      measured(own),
      differenceText(t, mean, low, high),
      Number.isFinite(effect) ? measured(effect, 2) : NONE,
      t("lab.seeds.won.of", {won, seeds: num_seeds}),
      number(p_holm, 2),
      t(way ? `lab.seeds.claimed.${way}` : "lab.seeds.unclaimed"),
    ];
    return {cells, claimed: way};
  });
  const [metric, baseline, ...rest] = ["metric", "baseline", "difference", "effect", "won", "p", "claim"].map((key) =>
    t(`lab.seeds.head.${key}`),
  );
  return {head: [metric, baseline, isMany ? t("lab.many.arm") : (labels[1] ?? ""), ...rest], rows};
}

/**
 * The table of a sweep, a row a point: mean and interval over the seeds, and the difference to the neutral setting.
 *
 * @returns {{head: string[], rows: {cells: string[], point: number, claimed?: boolean}[]}}
 */
export function points(page) {
  const {store, t, metric} = page;
  const ended = store.state === "finished";
  const rows = store.response(metric).map(({point, values, mean, low, high, n, num_diverged, claimed, ...row}) => {
    const difference = differenceText(t, row.difference, row.difference_low, row.difference_high);
    const numbers = [...[mean, low, high].map((one) => measured(one)), count(n), count(num_diverged)];
    return {cells: [page.knobsText(values), ...numbers, difference], point, claimed: (ended && claimed) || undefined};
  });
  const head = ["point", "mean", "low", "high", "n", "lost", "neutral"].map((key) => t(`lab.seeds.${key}`));
  return {head, rows};
}

// A difference that is told from noise is for the better or the worse; of a metric without a better side it is one.
function wayOf(difference, better) {
  if (!better) return "other";
  return direction(difference, better) > 0 ? "better" : "worse";
}

function differenceText(t, difference, low, high) {
  if (!Number.isFinite(difference)) return NONE;
  const interval = Number.isFinite(low) ? t("lab.seeds.interval", {low: signed(low), high: signed(high)}) : "";
  return [signed(difference), interval].filter(Boolean).join(" ");
}
