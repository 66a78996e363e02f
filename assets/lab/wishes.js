// What a person wants of a run, what the run was told, and what the server has answered: one state, without the page.
//
// A value is *wanted* from the moment a knob moves. It *waits* until there is a run to tell, is *told* until the server
// has heard it, and is *in force* as the server says; what is refused goes back. Knobs, address, the page's script and
// the tab's memory all show what is wanted, and what neither waits nor is told follows what is in force. So no knob
// moves under a hand, and after a drop, a reload, or a turn by somebody else, all of them show one value.
//
// What is turned while another tab or somebody else steers is *held* for the next start: it stays as it is set, whatever
// the run does, until that start, or until it is turned again in a run that this tab steers.

import {query, toParams} from "./data/address.js";

const SPEED = "steps_per_s";

/** The wishes of a tab. Its arms are numbered as they are planned, from 1: the baseline has no knobs. */
export class Wishes {
  /** @param {object} config the page's: knobs and shared settings with their values (see `pages/lab/config.py`) */
  constructor(config) {
    this.run = null; // what the server says of the run that is watched
    this.asked = null; // the run that was asked for on this connection, and whether the tab takes over what it is of
    this.attached = false; // the server has told of that run on this connection
    this.steers = true; // the run is this tab's to turn
    this.starting = false; // a start was told, and is not answered
    this.turns = 0; // told on this connection
    this.written = null; // the address as it was written last
    this.reported = null; // the settings as the page's script knows them
    this.arms = []; // `place` is an arm's number in the run, null where it waits for the next start
    this.#read(config);
  }

  // --- what is wanted -------------------------------------------------------------------------------------------

  /** The shared settings and the knobs of the trick's own arm, by name. */
  get values() {
    return {...this.shared.values, ...this.arms[0].values};
  }

  get speed() {
    return this.pace.values[SPEED];
  }

  /** The knobs of an arm. */
  knobs(arm) {
    return {...this.arms[arm - 1].values};
  }

  /** What a run is started by, an address says, and the page's script is told. */
  settings() {
    const {trick, task} = this.config;
    const extra = this.arms.slice(1).map(({values}) => ({...values}));
    return {trick, task, seed: this.seed, steps: this.steps, values: this.values, extra_arms: extra};
  }

  /** Wants a value of a knob of an arm, or of a shared setting (null). */
  want(name, arm, value) {
    this.#want(name, this.#holder(arm), value);
  }

  /** Wants so many steps a second (null: as fast as it goes). */
  wantSpeed(speed) {
    this.#want(SPEED, this.pace, speed);
  }

  /** Adds an arm like another to the next start; returns its number. */
  add(like) {
    const {values, good} = this.arms[like - 1];
    this.arms.push(makeHolder(values, good));
    return this.arms.length;
  }

  /** Takes an arm out of the next start; in the run it stays. */
  remove(arm) {
    this.arms.splice(arm - 1, 1);
  }

  // --- what is said of it ---------------------------------------------------------------------------------------

  get going() {
    return this.run?.state === "running" || this.run?.state === "paused";
  }

  /** Whether a value waits for the next start of a run that is going on. */
  pends(name, arm) {
    if (!this.going || this.starting) return false;
    const holder = this.#holder(arm);
    const {values, place} = holder;
    if (this.#isLive(name)) return holder.held.has(name) && this.#force(holder, name) !== values[name];
    const {spec} = this.run;
    const held = arm === null ? spec.settings[name] : spec.arms[place]?.knobs[name];
    return held !== undefined && held !== values[name];
  }

  /** Whether anything waits for that start. */
  get differs() {
    if (!this.going || this.starting) return false;
    const {spec} = this.run;
    if (spec.steps !== this.steps || spec.seed !== this.seed || spec.arms.length !== this.arms.length + 1) return true;
    if (this.arms.some(({place}) => place === null)) return true;
    const {knobs, settings} = this.config;
    const pending = (declared, arm) => declared.some(({name}) => this.pends(name, arm));
    return pending(settings, null) || this.arms.some((_, i) => pending(knobs, i + 1));
  }

  /** The query of the address that says all this; it is taken for written. */
  write(charts, others = {}) {
    this.written = query({...others, ...toParams(this.settings(), charts, this.config)});
    return this.written;
  }

  /** The settings for the page's script; they are taken for reported. */
  report() {
    const settings = this.settings();
    this.reported = JSON.stringify(settings);
    return settings;
  }

  /** Whether the page's script knows other settings. */
  get unreported() {
    return JSON.stringify(this.settings()) !== this.reported;
  }

  // --- what goes out --------------------------------------------------------------------------------------------

  /** The message that starts a run of what is wanted. */
  start(paused = false) {
    this.starting = true;
    this.#forget();
    this.arms.forEach((arm, i) => {
      arm.before = arm.place;
      arm.place = i + 1;
    });
    return {type: "start", ...this.settings(), speed: this.speed, paused};
  }

  /**
   * The message that asks for a run there is. With `adopts` the tab comes back to it, and takes over all that it was
   * started with, but for what a hand has set in the meantime.
   */
  attach(run, adopts = false) {
    this.asked = {run, adopts};
    return {type: "attach", run};
  }

  /** The messages that are to go out now, on the connection there is; the run that they are for has been told of. */
  take() {
    if (!this.attached || this.starting) return [];
    const messages = [];
    for (const holder of this.#holders()) {
      for (const name of holder.waiting) {
        const value = holder.values[name];
        this.turns += 1;
        holder.told.set(name, [...(holder.told.get(name) ?? []), {turn: this.turns, value}]);
        messages.push(
          holder === this.pace ? {type: "speed", [SPEED]: value} : {type: "turn", name, value, arm: holder.place},
        );
      }
      holder.waiting.clear();
    }
    return messages;
  }

  // --- what comes in --------------------------------------------------------------------------------------------

  /** The connection is lost: what was told on it waits again, unless it turns out to be in force. */
  dropped() {
    this.attached = false;
    this.turns = 0;
    for (const {told, waiting} of this.#holders()) {
      for (const name of told.keys()) waiting.add(name);
      told.clear();
    }
    this.#undoStart();
  }

  /** The server has heard so many of the messages told on this connection: what it says next comes after them. */
  heard(turns) {
    for (const {told} of this.#holders()) {
      for (const [name, sent] of told) {
        const left = sent.filter(({turn}) => turn > turns);
        if (left.length) told.set(name, left);
        else told.delete(name);
      }
    }
  }

  /** The server tells all of a run; returns whether what is wanted has changed. */
  began({run: id, spec, state, knobs, settings, speed}) {
    const isAsked = id === this.asked?.run;
    const isBefore = this.starting && (isAsked || id === this.run?.id); // and the one that was started comes after it
    const adopts = isAsked && this.asked.adopts && !isBefore;
    if (isAsked) this.asked.adopts = false;
    this.run = {id, spec, state, knobs, settings, speed};
    this.attached = true;
    if (isBefore) return false;
    this.starting = false;
    if (adopts) this.#adopt();
    Object.assign(this.shared.good, known(this.shared.values, spec.settings));
    for (const arm of this.arms) {
      if (arm.place >= spec.arms.length) arm.place = null;
      if (arm.place !== null) Object.assign(arm.good, known(arm.values, spec.arms[arm.place].knobs));
    }
    return this.#follow() || adopts;
  }

  /**
   * Somebody else steers the run, or this tab does; returns whether what is wanted has changed. What was told as another
   * took the wheel is as it is in force.
   *
   * @param {boolean} steers whether it is this tab
   */
  become(steers) {
    this.steers = steers;
    if (steers || this.starting) return false;
    for (const {waiting, told} of this.#holders()) for (const names of [waiting, told]) names.clear();
    return this.#follow();
  }

  /** The server tells what has changed in that run; returns whether what is wanted has. */
  told(changes) {
    if (!this.run) return false;
    for (const name of ["state", "knobs", "settings", "speed"])
      if (changes[name] !== undefined) this.run[name] = changes[name];
    return this.#follow();
  }

  /** The run that was asked for is no more; one that is being started is another. */
  lost() {
    this.run = null;
    this.attached = false;
    if (this.starting) return;
    this.#forget();
    for (const arm of this.arms) arm.place = null;
  }

  /** Values of an arm and of the shared settings that the server has made something of. */
  taken(arm, values) {
    for (const holder of [this.shared, this.#holder(arm)]) Object.assign(holder.good, known(holder.values, values));
  }

  /**
   * A message was refused. What is still wanted of it goes back: to what was told since, to what is in force, or to the
   * last value that was taken.
   *
   * @param {{about: string, name?: string, arm?: number, value?: unknown}} refusal `arm` is its number in the run
   * @returns {{name: string, arm: ?number}[]} the knobs that went back, by the number of their planned arm
   */
  refused({about, name = "", arm = null, value}) {
    if (about === "start") this.#undoStart();
    const ofTurn = about === "turn";
    const asked = [this.shared, ...this.arms].filter((holder) => name in holder.values);
    const found = [];
    for (const holder of asked) {
      if (ofTurn && holder.place !== arm) continue;
      const sent = holder.told.get(name) ?? [];
      const at = ofTurn ? sent.findIndex((one) => one.value === value) : -1;
      if (at >= 0) sent.splice(at, 1);
      if (!sent.length) holder.told.delete(name);
      if (holder.values[name] !== value || (ofTurn && holder.held.has(name))) continue; // another is wanted since
      holder.waiting.delete(name);
      holder.held.delete(name);
      holder.values[name] = this.#kept(holder, name);
      found.push({name, arm: holder === this.shared ? null : this.arms.indexOf(holder) + 1});
    }
    return found;
  }

  /**
   * Takes the page's configuration: new ranges and words, and new values, unless it only answers what was reported.
   *
   * @param {string} search the query of the address that it stands under
   * @returns {boolean} whether its values were taken
   */
  configured(config, search) {
    const isAnswer = !config.autostart && search === this.written;
    if (isAnswer) {
      this.config = config;
      return false;
    }
    const before = this.arms;
    const told = this.#holders().map((holder) => holder.told);
    this.#read(config);
    for (const [i, holder] of this.#holders().entries()) holder.told = told[i] ?? holder.told; // its answers come still
    this.arms.forEach((arm, i) => {
      arm.place = before[i]?.place ?? null;
    });
    if (this.going) this.#tellAll();
    return true;
  }

  // --- inside ---------------------------------------------------------------------------------------------------

  #read(config) {
    this.config = config;
    const values = (declared) => Object.fromEntries(declared.map(({name, value}) => [name, value]));
    const own = values(config.knobs);
    this.shared = makeHolder(values(config.settings));
    this.pace = makeHolder({[SPEED]: config.speed});
    this.arms = [{}, ...(config.extra_arms ?? [])].map((knobs) => makeHolder({...own, ...knobs}));
    this.seed = config.seed;
    this.steps = config.steps;
  }

  #holder(arm) {
    return arm === null ? this.shared : this.arms[arm - 1];
  }

  #holders() {
    return [this.shared, this.pace, ...this.arms];
  }

  #declared(name) {
    return [...this.config.knobs, ...this.config.settings].find((declared) => declared.name === name);
  }

  #isLive(name) {
    return name === SPEED || Boolean(this.#declared(name)?.live);
  }

  #want(name, holder, value) {
    holder.values[name] = value;
    const isOpen = !this.run && !this.starting; // a tab may yet come back to a run, which then is told
    if (isOpen) holder.waiting.add(name);
    else if (this.#isLive(name) && this.#reaches(holder)) this.#owe(holder, name);
  }

  // A value is to be told, or held where the run is not this tab's to turn and no own one is on its way.
  #owe({waiting, held}, name) {
    const isTold = this.steers || this.starting;
    (isTold ? waiting : held).add(name);
    (isTold ? held : waiting).delete(name);
  }

  // Whether a turn of it has a run to go to.
  #reaches(holder) {
    return (this.going || this.starting) && (holder.place !== null || !this.arms.includes(holder));
  }

  #force({place}, name) {
    if (name === SPEED) return this.run.speed;
    return place === null ? this.run.settings?.[name] : this.run.knobs?.[place]?.[name];
  }

  #kept(holder, name) {
    const last = holder.told.get(name)?.at(-1);
    const declared = this.#declared(name);
    const force = this.going && declared?.live ? this.#force(holder, name) : undefined;
    return last?.value ?? force ?? holder.good[name] ?? declared?.default;
  }

  #adopt() {
    const {spec, settings, speed, knobs = spec.arms.map((arm) => arm.knobs)} = this.run;
    const [own] = this.arms;
    this.arms = knobs.slice(1).map((_, i) => this.arms[i] ?? makeHolder(own.values));
    const take = (holder, values) => {
      const left = Object.entries(values).filter(([name]) => name in holder.values && !holder.waiting.has(name));
      Object.assign(holder.values, Object.fromEntries(left));
      for (const name of holder.waiting) if (!this.#isLive(name)) holder.waiting.delete(name);
    };
    take(this.shared, {...spec.settings, ...settings});
    take(this.pace, speed === undefined ? {} : {[SPEED]: speed});
    this.arms.forEach((arm, i) => {
      take(arm, knobs[i + 1]);
      arm.place = i + 1;
    });
    this.seed = spec.seed;
    this.steps = spec.steps;
  }

  // What neither waits nor is told is as it is in force.
  #follow() {
    if (this.starting) return false;
    if (!this.going) {
      this.#forget();
      return false;
    }
    let moved = false;
    for (const [{values, good, told, waiting, held}, name, force] of this.#inForce()) {
      good[name] = force;
      if (told.has(name) || held.has(name)) continue;
      if (values[name] === force) waiting.delete(name);
      else if (!waiting.has(name)) {
        values[name] = force;
        moved = true;
      }
    }
    return moved;
  }

  #tellAll() {
    for (const [holder, name, force] of this.#inForce()) if (force !== holder.values[name]) this.#owe(holder, name);
  }

  // What a turn in the run could change, with the value that is in force: `[holder, name, value]`.
  *#inForce() {
    for (const holder of this.#holders()) {
      if (!this.#reaches(holder)) continue;
      for (const name of Object.keys(holder.values)) {
        const force = this.#isLive(name) ? this.#force(holder, name) : undefined;
        if (force !== undefined) yield/** @type {const} */ ([holder, name, force]);
      }
    }
  }

  // The run before the start goes on, and is told what has been turned since.
  #undoStart() {
    if (!this.starting) return;
    this.starting = false;
    for (const arm of this.arms) arm.place = arm.before ?? null;
    if (this.going) this.#tellAll();
  }

  #forget() {
    for (const {waiting, told, held} of this.#holders()) for (const names of [waiting, told, held]) names.clear();
  }
}

// What is wanted of one arm, or of all: values, those taken last, names that wait to be told or are held for the next
// start, and what the server has not heard of each, as `{turn, value}`, oldest first.
function makeHolder(values, good = values) {
  const names = {waiting: new Set(), held: new Set(), told: new Map()};
  return {values: {...values}, good: {...good}, place: null, before: null, ...names};
}

function known(names, values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in names));
}
