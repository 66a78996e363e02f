// What is said at the end of a run.

import {direction, leader, ranked, signed, standings, tied} from "./standings.js";
import {capital, count, measured} from "./text.js";

/** Who leads at the end of a run, by the metric it is judged by, and for how sure: the table says the rest. */
export function endLine(lab) {
  const {store, t, config} = lab;
  const labels = lab.arms().map(({label}) => label);
  const step = count(store.step);
  const failed = failures(lab, labels);
  const judged = Math.max(
    0,
    config.metrics.findIndex(({name}) => name === config.judged),
  );
  const {label: metric, better} = config.metrics[judged];
  const rows = standings(store, labels, config.metrics);
  if (!rows.some(({cells}) => cells.some(({value}) => Number.isFinite(value))))
    return [t("lab.end.bare", {step}), ...failed].join(" ");
  const found = leader(rows, judged, better);
  const said = store.state === "finished" ? [] : [t(`lab.end.${store.state}`, {step})];
  if (found) {
    const {first, second} = found;
    const told = {metric, arm: first.label, other: second.label};
    const values = {value: measured(first.value), than: measured(second.value)};
    const tailed = Number.isFinite(first.tail) && Number.isFinite(second.tail);
    const holds = tailed && direction(first.tail - second.tail, better) > 0;
    const tails = {tail: measured(first.tail), tailed: measured(second.tail)};
    const key = tailed ? (holds ? "lab.end.leads.tail" : "lab.end.leads.otherwise") : "lab.end.leads";
    said.push(capital(t(key, {...told, ...values, ...tails})));
  } else {
    const left = ranked(rows, judged, better);
    if (left.length > 1) said.push(alikeText(t, metric, left));
    else if (left.length && rows.every(({cells}, arm) => arm === left[0].arm || cells[judged].ended))
      said.push(capital(t("lab.end.alone", {arm: left[0].label, metric, value: measured(left[0].value)})));
  }
  return [...said, ...failed, t("lab.end.caution")].join(" ");
}

/** How a run of many arms ended, and who is best on the metric shown. */
export function bestLine(many) {
  const {store, t, config, metric} = many;
  const labels = many.labels();
  const shown = config.metrics.findIndex(({name}) => name === metric);
  const order = ranked(standings(store, labels, config.metrics), shown, config.metrics[shown].better);
  const [best, second] = order;
  const said = [t(`lab.many.state.${store.state}`, {step: count(store.step)})];
  if (best && best.value === second?.value) said.push(alikeText(t, many.name(metric), order));
  else if (best) {
    const {label: arm, value, difference} = best;
    const told = {metric: many.name(metric), arm, value: measured(value), difference: signed(difference)};
    const against = told.difference ? "lab.many.best" : "lab.many.best.bare";
    said.push(t(best.arm ? against : "lab.many.best.baseline", told));
  }
  return [...said, ...failures(many, labels), t("lab.end.caution")].join(" ");
}

/** What is said where no arm is the best alone: which of those `ranked` are best and alike, or that all are alike. */
function alikeText(t, metric, ranked) {
  const best = tied(ranked);
  if (!best.length) return t("lab.end.alike", {metric});
  return t("lab.end.tied", {metric, arms: best.map(({label}) => label).join(", "), value: measured(best[0].value)});
}

function failures(lab, labels) {
  return lab.store.failures.map(({arm, step, knobs}) => {
    return capital(lab.t("lab.end.failure", {arm: labels[arm] ?? "", step: count(step), knobs: lab.knobsText(knobs)}));
  });
}
