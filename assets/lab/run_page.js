// A page that watches one run: what a person does to it.

import {Stage} from "./stage.js";

/** A stage of a run. */
export class RunPage extends Stage {
  /** @type {import("./controls/voice.js").Voice} */
  voice = null;

  get state() {
    return this.store.state;
  }

  /** Whether the run can still make steps. */
  get active() {
    return this.state === "running" || this.state === "paused";
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

  toggle() {
    if (this.state === "running") this.send({type: "pause"});
    else if (this.state === "paused") this.send({type: "resume"});
    else this.start();
  }

  oneStep() {
    if (this.starting) return;
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
    if (!this.starting && this.started?.stepping) this.send({type: "step"});
  }
}
