// A run of the past: the step of it that is looked back at, and the runs that go on from there.

import {Question} from "./page/question.js";

/** How many steps a key press goes: a hundredth of those that were made. */
export function strideOf(step) {
  return Math.max(1, Math.round(step / 100));
}

/**
 * How long a run may be made that is over: as long as is set where that is more, else as long as it was to be, else twice
 * that.
 *
 * @param {{step: number, steps: number}} run
 * @param {number} wanted what is set for the next start
 * @param {number} most
 */
export function longerOf({step, steps}, wanted, most) {
  if (wanted > Math.max(step, steps)) return wanted;
  return step < steps ? steps : Math.min(2 * steps, most);
}

export class Past {
  /** @type {?number} the step that is looked back at; null: the run is shown as it goes */
  step = null;

  constructor(lab) {
    this.lab = lab;
    this.insight = new Question(() => this.#ask());
  }

  // Asks what the inside was like where one points or looks back, unless that is here.
  #ask() {
    const {store, cursor} = this.lab;
    const look = cursor === null ? null : store.lookAt(cursor);
    return look !== null && !store.recalled.has(look) && this.lab.send({type: "look", step: look});
  }

  /** Looks back at a step; from the last one on at the run as it goes, as with null. @param {?number} step */
  look(step) {
    const {store} = this.lab;
    const past = step === null || step >= store.step ? null : Math.max(0, Math.round(step));
    if (past === this.step) return;
    this.step = past;
    this.insight.ask();
    this.lab.lookedBack();
  }

  /** Looks so many strides further along, or back. @param {number} strides */
  walk(strides) {
    const {store} = this.lab;
    this.look((this.step ?? store.step) + strides * strideOf(store.step));
  }

  /** Another run is shown, or none. */
  forget() {
    this.step = null;
  }

  /** The server has told what was asked for. */
  told({run, step}, arrays) {
    const {store} = this.lab;
    if (run === store.run) store.hold(step, arrays);
    this.insight.answered();
  }

  /** Goes on from the step that is looked at, in a run of its own; the one before stays on the charts. */
  branch() {
    this.lab.goOn({step: this.step});
  }

  /** How long the run can be made that is over; null where it cannot. @returns {?number} */
  get longer() {
    const {store, state, steps, config} = this.lab;
    if ((state !== "finished" && state !== "stopped") || !this.lab.reach.frees("steps")) return null;
    const [, most] = config.limits.steps;
    const longer = longerOf(store, steps, most);
    return store.step > 0 && store.step < longer ? longer : null;
  }

  /** Goes on from the end of a run that is over, in one of its own. */
  extend() {
    const steps = this.longer;
    this.lab.goOn({step: this.lab.store.step, steps});
  }
}
