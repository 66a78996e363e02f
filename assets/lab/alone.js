// A lesson taken alone, or shown from a lectern: predict, see the run, read why; and at last a sheet to print.

import {query} from "./data/address.js";
import {ask, reasonOf} from "./page/asking.js";
import {h, setText} from "./page/dom.js";
import {configured, whenThere} from "./room/configured.js";
import {Explanation} from "./room/explanation.js";
import {KeptLesson} from "./room/kept_lesson.js";
import {Notice} from "./room/notice.js";
import {QuestionBox} from "./room/question_box.js";
import {RunFrame, wayOf} from "./room/run_frame.js";
import {saidText, sheet} from "./room/sheet.js";
import {rightText} from "./room/votes_table.js";
import {isVotedOn, placesOf} from "./room/walk.js";
import {WordsBox} from "./room/words_box.js";

const MOST_WORDS = 300; // characters
const NARROW = 760; // pixels, below which a presenter's view has no room

export class AlonePage {
  constructor() {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.isShown = config.view === "present"; // to others, from a lectern
    this.places = placesOf(config.steps, !this.isShown);
    this.kept = new KeptLesson(config);
    this.taken = this.kept.read();
    this.told = new Map(); // by step: what the server tells once something is predicted
    this.asked = ""; // what is drawn of the question that is shown to others
    if (this.isShown) document.body.classList.replace("room-alone", "room-wall");
    this.#build(main);
    if (this.isShown) addEventListener("keydown", (event) => this.#key(event));
    this.draw();
  }

  /** @returns {import("./room/walk.js").Place} */
  get place() {
    return this.places[Math.min(this.taken.at, this.places.length - 1)];
  }

  get step() {
    return this.config.steps[this.place.step];
  }

  #build(main) {
    const {config, t} = this;
    this.heading = h("h1", {dir: "auto"});
    this.where = h("p", {class: "room-place wall-place"});
    this.notice = new Notice(t);
    this.aim = h(
      "section",
      {class: "alone-intro"},
      h("p", {dir: "auto"}, config.aim),
      !this.isShown && h("p", {class: "room-line"}, t("alone.about", {minutes: config.minutes})),
    );
    this.question = new QuestionBox(t, (step, value) => this.#say(step - 1, value));
    this.words = new WordsBox(t, {label: t("alone.words"), most: MOST_WORDS}, (words) => this.#write(words));
    this.large = h("section", {class: "wall-question room-text"});
    this.frame = new RunFrame(t("room.wall.run"), {key: (event) => this.isShown && this.#key(event)});
    this.verdict = h("p", {class: "alone-verdict", role: "status"});
    this.explanation = new Explanation(t);
    this.why = h("section", {class: "alone-why"}, this.verdict, this.explanation.element);
    this.inLab = h("a", {class: "room-link", target: "_blank", rel: "noopener"}, t("room.open"));
    this.sentence = new WordsBox(t, {label: t("alone.sentence"), most: MOST_WORDS}, (words) => this.#end(words));
    this.paper = h("div", {});
    const print = h("button", {
      type: "button",
      class: "room-quiet",
      "data-action": "print",
      onclick: () => globalThis.print(),
    });
    print.textContent = t("room.print");
    this.last = h(
      "section",
      {class: "alone-last"},
      h("div", {class: "alone-hand"}, this.sentence.element, print),
      this.paper,
    );
    const button = (action, name, go) =>
      h("button", {type: "button", class: name, "data-action": action, onclick: () => this.go(go)});
    this.back = button("back", "room-quiet", -1);
    this.back.textContent = t("room.back");
    this.next = button("next", "room-primary", 1);
    main.replaceChildren(
      h("header", {class: "wall-head"}, this.heading, this.where),
      this.notice.element,
      h(
        "div",
        {class: "wall-body"},
        this.aim,
        this.isShown ? this.large : this.question.element,
        this.words.element,
        this.why,
        this.frame.element,
        this.last,
      ),
      h("footer", {class: "wall-foot"}, this.inLab, this.back, this.next),
    );
  }

  #key(event) {
    const way = wayOf(event);
    if (!way) return;
    event.preventDefault();
    this.go(way);
  }

  /** Goes on, or back. @param {number} places */
  go(places) {
    const at = this.taken.at + places;
    if (!this.places[at] || (places > 0 && this.isWaiting)) return;
    this.#keep({at, reached: Math.max(at, this.taken.reached)});
    this.notice.say("");
    this.draw();
    scrollTo(0, 0);
  }

  /** Whether something is to be predicted first. */
  get isWaiting() {
    const {phase, step} = this.place;
    return !this.isShown && phase === "predict" && isVotedOn(this.step.question) && this.taken.said[step] === undefined;
  }

  #keep(more) {
    this.taken = {...this.taken, ...more};
    this.kept.write(this.taken);
  }

  #say(step, value) {
    this.#keep({said: {...this.taken.said, [step]: value}});
    this.question.confirm(step + 1, value);
    this.draw();
  }

  #write(words) {
    this.#keep({words: {...this.taken.words, [this.place.step]: words}});
  }

  #end(sentence) {
    this.#keep({sentence});
    this.#drawSheet();
  }

  // Of a step that was told once nothing more is asked.
  async #ask(step) {
    if (this.told.has(step)) return;
    const {config, taken, t} = this;
    const value = taken.said[step];
    const said = this.isShown ? {view: "present"} : value === undefined ? {} : {value: JSON.stringify(value)};
    try {
      const answer = await ask(`${config.lessons}/${config.lesson}/${step}${query({...said, lang: config.language})}`);
      this.told.set(step, await answer.json());
      this.draw();
    } catch (error) {
      this.notice.say(reasonOf(error, t("room.unreached")));
    }
  }

  draw() {
    const {config, t, place, step} = this;
    const {phase} = place;
    document.body.dataset.phase = phase;
    setText(this.heading, ["intro", "sheet"].includes(phase) ? config.title : step.heading);
    const at = t("room.place", {step: place.step + 1, of: config.steps.length});
    setText(this.where, phase === "intro" ? "" : phase === "sheet" ? t("alone.sheet") : at);
    this.aim.hidden = phase !== "intro";
    this.#drawQuestion();
    this.#drawRun();
    this.last.hidden = phase !== "sheet";
    if (phase === "sheet") this.#drawSheet();
    const after = this.places[this.taken.at + 1]?.phase;
    this.next.hidden = !after;
    if (after) setText(this.next, t(keyOf(phase, after)));
    this.next.disabled = this.isWaiting;
    this.back.hidden = this.taken.at === 0;
  }

  #drawQuestion() {
    const {phase, step} = this.place;
    const {question} = this.step;
    const isAsked = phase === "predict";
    this.words.element.hidden = this.isShown || !isAsked || isVotedOn(question);
    this.words.draw(this.taken.words[step] ?? "");
    if (this.isShown) {
      this.large.hidden = !isAsked;
      const said = JSON.stringify(question);
      if (!isAsked || said === this.asked) return;
      this.asked = said;
      this.large.innerHTML = question.text;
      const choices = (question.choices ?? []).map((choice) => h("li", {}, choice));
      if (choices.length) this.large.append(h("ol", {class: "wall-choices"}, choices));
      return;
    }
    const isOpen = this.taken.reached === this.taken.at; // what was seen is predicted no more
    this.question.know(Object.fromEntries(Object.entries(this.taken.said).map(([at, said]) => [Number(at) + 1, said])));
    const vote = {number: step + 1, again: false};
    this.question.draw(isAsked ? {step, question, vote} : {}, isOpen ? Infinity : 0);
    this.question.clock.hidden = true;
  }

  #drawRun() {
    const {phase, step} = this.place;
    const isSeen = phase === "run" || phase === "explain";
    this.frame.element.hidden = this.inLab.hidden = !isSeen;
    this.why.hidden = phase !== "explain";
    if (!isSeen) return;
    this.frame.show(this.isShown || innerWidth >= NARROW ? this.step.present : this.step.small, step);
    this.inLab.href = this.step.address;
    if (phase !== "explain") return;
    this.#ask(step);
    const told = this.told.get(step);
    this.explanation.draw(told ?? {});
    setText(this.verdict, told ? this.#verdict(told) : "");
    this.verdict.hidden = !this.verdict.textContent;
  }

  #verdict({right, is_right}) {
    const {t, step, place} = this;
    if (!right) return "";
    const values = {
      right: rightText(step.question, right, t),
      said: saidText(step.question, this.taken.said[place.step]),
    };
    if (this.isShown) return t("room.right", values);
    return t(is_right ? "alone.yes" : "alone.no", values);
  }

  #drawSheet() {
    this.sentence.draw(this.taken.sentence);
    for (const step of Object.keys(this.taken.said).map(Number)) this.#ask(step);
    this.paper.replaceChildren(sheet(this.config, this.taken, this.told, this.t));
  }
}

// What the button says that leads from one place to the next.
function keyOf(phase, after) {
  if (phase === "intro") return "alone.begin";
  if (phase === "explain") return after === "sheet" ? "alone.to_sheet" : "room.next.step";
  return after === "run" ? "room.next.run" : "room.next.explain";
}

whenThere(() => new AlonePage());
