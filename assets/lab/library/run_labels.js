// What runs are called that stand beside each other: so that each is told from the others, at a length for a chart.

const MOST_SETTINGS = 3; // said in a name, unless it takes more to tell all apart
const MOST_LETTERS = 24; // of a name beside a curve

/** @typedef {{name: string, subject: string}} Run what a person called it, and what it is of */
/** @typedef {{symbol: string, label: string, values: (string|null)[], name: string, made?: boolean}} Setting of each run its value; `made`: of what made it */

/**
 * The name of each run: its own, or in what it differs; with its number where another is called the same.
 *
 * @param {Run[]} runs
 * @param {Setting[]} differs
 */
export function labelsOf(runs, differs) {
  const sayable = differs.filter((setting) => !setting.made && !isSaid(setting, runs));
  const needed = telling(runs, sayable);
  const room = Math.max(MOST_SETTINGS - needed.length, 0);
  const more = sayable.filter((setting) => !needed.includes(setting)).slice(0, room);
  return apart(named(runs, sayable, [...needed, ...more]));
}

/**
 * The same at a length for a chart: with no more settings than it takes to tell them apart, and still too long ones cut
 * where they are alike.
 *
 * @param {Run[]} runs
 * @param {Setting[]} differs
 */
export function shortLabels(runs, differs, most = MOST_LETTERS) {
  const whole = labelsOf(runs, differs);
  if (whole.every((label) => label.length <= most)) return whole;
  const sayable = differs.filter((setting) => !setting.made && !isSaid(setting, runs));
  const labels = apart(named(runs, sayable, telling(runs, sayable)));
  const cut = labels.map((label) => shortened(label, most));
  const isAlike = (label) => cut.filter((other) => other === label).length > 1;
  return apart(cut.map((label, i) => (isAlike(label) ? shortened(labels[i], most, Math.floor(most / 2)) : label)));
}

// Whether what a run is of says as much as a setting does.
function isSaid({name, values}, runs) {
  if (name !== "trick" && name !== "task") return false;
  const pairs = runs.map(({subject}, i) => `${subject}\n${values[i]}`);
  return new Set(pairs).size === new Set(runs.map(({subject}) => subject)).size;
}

// The fewest settings, each time the one that parts the most, by which all are told apart that have no name.
function telling(runs, settings) {
  const found = [];
  const groups = (chosen) => {
    const told = runs.map(({name, subject}, i) => name || [subject, ...chosen.map(({values}) => values[i])].join("\n"));
    return new Set(told).size;
  };
  for (;;) {
    const counts = settings.map((setting) => groups([...found, setting]));
    const most = Math.max(...counts);
    if (!(most > groups(found))) return found;
    found.push(settings[counts.indexOf(most)]);
  }
}

function named(runs, settings, chosen) {
  const told = settings.filter((setting) => chosen.includes(setting));
  const isOfOne = new Set(runs.map(({subject}) => subject)).size === 1;
  return runs.map(({name, subject}, i) => {
    const parts = told
      .filter(({values}) => values[i] !== null)
      .map(({symbol, label, values}) => `${symbol || label} ${values[i]}`);
    return name || [...(isOfOne && parts.length ? [] : [subject]), ...parts].join(", ");
  });
}

// At most so many letters, of which so many are its last.
function shortened(label, most, last = 0) {
  if (label.length <= most) return label;
  return `${label.slice(0, most - last - 1).trimEnd()}…${last ? label.slice(-last).trimStart() : ""}`;
}

// Those that are alike with numbers.
function apart(labels) {
  const taken = new Set(labels);
  const seen = new Set();
  return labels.map((label) => {
    let [free, number] = [label, 1];
    while (seen.has(free) || (number > 1 && taken.has(free))) {
      number += 1;
      free = `${label} #${number}`;
    }
    seen.add(free);
    return free;
  });
}
