// Which of a run's many arms stand on the large chart, and which knob a sweep's arms differ in.

const MOST_SHOWN = 4; // arms beside the baseline on the large chart

/** The arms shown at first: baseline and all tricks; of a sweep the baseline, both ends and the middle. */
export function firstChosen(kind, numArms) {
  const last = numArms - 1;
  const wanted = kind === "combine" ? [0, 1] : [0, 1, Math.ceil(last / 2), last];
  return [...new Set(wanted)].filter((index) => index <= last);
}

/** The arms shown once an arm was put among them, or taken away; the baseline stays. */
export function chooseArm(chosen, index) {
  if (index === 0) return chosen;
  const others = chosen.filter((one) => one !== 0);
  const kept = others.includes(index) ? others.filter((one) => one !== index) : [...others, index].slice(-MOST_SHOWN);
  return [0, ...kept];
}

/** The knob that the arms beside the baseline differ in, if they do. */
export function sweptKnob([, ...arms]) {
  const names = Object.keys(arms[0]?.knobs ?? {});
  return names.find((name) => new Set(arms.map(({knobs}) => knobs[name])).size > 1);
}
