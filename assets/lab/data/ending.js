// What is said at the end of a run.

import {direction, leader, standings} from "./standings.js";
import {capital, count, measured} from "./text.js";

/** Who leads at the end of a run, by the metric it is judged by, and for how sure: the table says the rest. */
export function endLine(lab) {
  const {store, t, config} = lab;
  const arms = lab.arms();
  const step = count(store.step);
  const failed = store.failures.map(({arm, step: at, knobs}) =>
    t("lab.end.failure", {arm: arms[arm]?.label ?? "", step: count(at), knobs: lab.knobsText(knobs)}),
  );
  const judged = Math.max(
    0,
    config.metrics.findIndex(({name}) => name === config.judged),
  );
  const {label: metric, better} = config.metrics[judged];
  const rows = standings(
    store,
    arms.map(({label}) => label),
    config.metrics,
  );
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
  } else said.push(t("lab.end.alike", {metric}));
  return [...said, ...failed, t("lab.end.caution")].join(" ");
}
