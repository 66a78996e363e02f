// What a run will be: apart from how it is shown.

/** Where the x axis of a run ends that has not begun. As the trainers have it, a last, smaller batch is left out. */
export function plannedEnd(unit, steps, {train_size: size, batch_size: batch}) {
  if (unit === "seconds") return 1;
  return unit === "epoch" && size && batch ? steps / Math.max(1, Math.floor(size / batch)) : steps;
}
