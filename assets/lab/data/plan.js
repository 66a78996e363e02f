// What a run will be: apart from how it is shown.

/** Where the x axis of a run ends that has not begun. An epoch's last batch may be a small one: it counts. */
export function plannedEnd(unit, steps, {train_size: size, batch_size: batch}) {
  if (unit === "seconds") return 1;
  return unit === "epoch" && size && batch ? steps / Math.ceil(size / batch) : steps;
}
