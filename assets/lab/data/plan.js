// What a run will be, and what is in force in one: apart from how it is shown.

/** Where the x axis of a run ends that has not begun. An epoch's last batch may be a small one: it counts. */
export function plannedEnd(unit, steps, {train_size: size, batch_size: batch}) {
  if (unit === "seconds") return 1;
  return unit === "epoch" && size && batch ? steps / Math.ceil(size / batch) : steps;
}

/**
 * The value that a refused knob goes back to: the one in force in the run, of a knob that acts in it; else the last one
 * that was taken, `good`; else the default.
 */
export function keptValue({name, live, default: fallback}, {active, inForce, good}) {
  return (live && active ? inForce : undefined) ?? good[name] ?? fallback;
}
