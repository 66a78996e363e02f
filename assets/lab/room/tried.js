// What came of a student's part of an experiment, as charts take a run.

export class Tried {
  /** @param {any} told the room's message (`trainers/wire/experiment_told.py`) */
  constructor(told) {
    this.told = told;
    this.steps = told.steps;
    this.events = [];
    this.arms = told.called;
    this.curves = new Map(told.curves.map(({arm, name, steps, values}) => [`${arm} ${name}`, {steps, values}]));
  }

  series(arm, name) {
    const {steps = [], values = []} = this.curves.get(`${arm} ${name}`) ?? {};
    return {steps: Float64Array.from(steps), values: Float64Array.from(values, (value) => value ?? NaN)};
  }

  failure() {
    return null;
  }

  /** Whether there is something of one of these names to draw. @param {string[]} names */
  has(names) {
    return this.arms.some((_, arm) => names.some((name) => this.curves.has(`${arm} ${name}`)));
  }
}
