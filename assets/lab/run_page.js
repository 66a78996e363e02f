// A page that watches one run: who steers it, and what a person does to it.

import {Reach} from "./data/reach.js";
import {Stage} from "./stage.js";

/** A stage of a run. */
export class RunPage extends Stage {
  reach = new Reach();
  /** @type {import("./controls/voice.js").Voice} */
  voice = null;

  get state() {
    return this.store.state;
  }

  /** The step that is looked back at, on a page that can. @returns {?number} */
  get past() {
    return null;
  }

  /** Whether the run can still make steps. */
  get active() {
    return this.state === "running" || this.state === "paused";
  }

  /** Whether its program ended while it went on, so that its owner can go on with it. */
  get isInterrupted() {
    return this.state === "interrupted" && this.role !== "visit";
  }

  /** What this tab is to a run that goes on, or is somebody else's: another's of one's own that is over has no wheel. */
  get wheel() {
    return this.store.run && (this.active || this.role === "visit") ? this.role : "steer";
  }

  /** Whether a run goes on that is not this tab's to steer. */
  get looksOn() {
    return this.active && this.role !== "steer";
  }

  /** Whether a button of the transport can do nothing now. @param {string} action */
  isDead(action) {
    return action === "step" && this.looksOn;
  }

  /** What a chart says that has nothing to show yet. */
  waitingText() {
    return this.starting ? this.t("lab.starting") : (this.unstarted ?? this.emptyText());
  }

  emptyText() {
    return "";
  }

  /** The seed of the next start. @param {number} _seed */
  setSeed(_seed) {}

  say(kind, text) {
    this.voice.say(kind, text);
  }

  answered(id) {
    super.answered(id);
    // The wall of a room, which has this page within, shows the run to a class.
    if (parent !== window) parent.postMessage({type: "trick-lab-run", run: id}, location.origin);
  }

  take({type, run, role}, _arrays) {
    if (type !== "wheel" || run !== this.store.run) return;
    this.become(role);
    this.refresh();
  }

  toggle() {
    if (this.looksOn) this.start();
    else if (this.state === "running") this.send({type: "pause"});
    else if (this.state === "paused" || this.isInterrupted) this.send({type: "resume"});
    else this.start();
  }

  oneStep() {
    if (this.starting || this.isDead("step")) return;
    if (!this.active) return void this.start({paused: true, stepping: true});
    if (this.state === "running") this.send({type: "pause"});
    this.send({type: "step"});
  }

  restart() {
    this.start();
  }

  reseed() {
    const first = this.config.limits.first_explored_seed; // those below are for reporting
    this.setSeed(Math.max(this.settings().seed + 1, first));
    this.start();
  }

  /** A new run has begun; the first step of one that was started by a step is made. */
  firstStep() {
    if (this.starting) return;
    if (this.started?.stepping) this.send({type: "step"});
    this.started = null; // a branch of it, or one that goes on where it ended, is begun by nobody's step
  }
}
