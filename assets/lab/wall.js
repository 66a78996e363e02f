// The wall: what all see. The live run is the lab's own page in presenter view, within; around it the room.

import {h, setText} from "./page/dom.js";
import {spaced} from "./room/code.js";
import {configured, whenThere} from "./room/configured.js";
import {Countdown} from "./room/countdown.js";
import {ExperimentBoard} from "./room/experiment_board.js";
import {Explanation} from "./room/explanation.js";
import {JoinCard} from "./room/join_card.js";
import {backOf, nextOf} from "./room/next.js";
import {Notice} from "./room/notice.js";
import {PairBox} from "./room/pair_box.js";
import {RoomSocket} from "./room/room_socket.js";
import {RunFrame, wayOf} from "./room/run_frame.js";
import {Votes} from "./room/votes.js";

const CLOCK_MS = 250;

export class WallPage {
  constructor() {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.state = null;
    this.vote = new Countdown();
    this.framed = {step: -1, page: ""}; // what stands in the frame
    this.run = ""; // the run that it shows
    this.known = ""; // the run that the room was told to show, as it last said
    this.isOwed = false; // that the room is told so
    this.asked = ""; // what is drawn of the question
    this.#build(main);
    this.socket = new RoomSocket(
      config.socket,
      {role: "wall", room: config.room},
      {told: (message) => this.#told(message), dropped: (isOver, reason) => this.notice.lose(isOver, reason)},
    );
    this.timer = setInterval(() => this.state && this.draw(), CLOCK_MS);
    addEventListener("keydown", (event) => this.#key(event));
  }

  #build(main) {
    const {t} = this;
    this.card = new JoinCard(this.config.joins, t);
    this.heading = h("h1", {}, this.config.title);
    this.place = h("span", {class: "wall-place"});
    this.count = h("span", {class: "wall-count"});
    this.code = h("span", {class: "wall-code"});
    this.clock = h("span", {class: "wall-clock"});
    this.notice = new Notice(t);
    this.question = h("section", {class: "wall-question room-text"});
    this.explanation = new Explanation(t);
    this.votes = new Votes(t, "wall-result");
    this.board = new ExperimentBoard(t);
    this.frame = new RunFrame(t("room.wall.run"), {run: (id) => this.#watches(id), key: (event) => this.#key(event)});
    this.back = h(
      "button",
      {type: "button", class: "room-quiet", "data-action": "back", onclick: () => this.goBack()},
      t("room.back"),
    );
    this.next = h("button", {type: "button", class: "room-primary", "data-action": "next", onclick: () => this.goOn()});
    this.pair = new PairBox(this.config, t, (message) => this.socket.send(message));
    main.replaceChildren(
      h("header", {class: "wall-head"}, this.heading, this.place, this.clock, this.count, this.code),
      this.notice.element,
      h(
        "div",
        {class: "wall-body"},
        this.card.element,
        this.question,
        this.votes.element,
        this.board.element,
        this.frame.element,
        this.explanation.element,
      ),
      h("footer", {class: "wall-foot"}, this.pair.element, this.back, this.next),
    );
  }

  #told(message) {
    if (message.type === "room") {
      this.state = message;
      this.vote.set(message.vote?.left_s);
      this.notice.say(message.closed ? this.t("room.over.closed") : "");
      if (this.isOwed) this.#show();
    } else if (message.type === "refused") this.notice.refuse(message);
    if (this.state) this.draw();
  }

  /** The lab within says which run it watches. */
  #watches(run) {
    this.run = run;
    if (run !== this.state?.run) this.#show();
  }

  // Without a connection it is told with the room's next state; of a step that was left, not at all.
  #show() {
    if (!this.run || this.framed.step !== this.state?.step) return;
    this.isOwed = !this.socket.send({type: "show", run: this.run});
  }

  #key(event) {
    const way = wayOf(event);
    if (!way || document.activeElement?.closest("select, dialog")) return;
    event.preventDefault();
    if (way > 0) this.goOn();
    else this.goBack();
  }

  goOn() {
    this.#do(this.state && nextOf(this.state, this.vote.left));
  }

  goBack() {
    this.#do(this.state && backOf(this.state));
  }

  #do(move) {
    if (move) this.socket.send(move.message);
  }

  draw() {
    const {state, t} = this;
    const {phase} = state;
    document.body.dataset.phase = state.closed ? "end" : phase;
    const isBefore = phase === "lobby" && state.step === 0;
    setText(this.heading, isBefore || phase === "end" ? state.title : state.heading);
    setText(this.place, isBefore ? "" : t("room.place", {step: state.step + 1, of: state.of}));
    setText(this.count, t(state.here === 1 ? "room.here.one" : "room.here", {count: state.here}));
    setText(this.code, spaced(state.code));
    this.code.hidden = isBefore;
    this.card.draw(state);
    this.pair.desks.draw(state);
    this.card.element.hidden = phase !== "lobby" || state.closed;
    const left = this.vote.left;
    const isOpen = phase === "predict" && left > 0;
    setText(this.clock, isOpen ? t("room.wall.clock", {seconds: Math.ceil(left), said: state.vote.said}) : "");
    this.#drawQuestion(state);
    this.votes.draw(state.question, state.result);
    this.board.draw(state);
    this.#drawRun(state);
    this.explanation.draw({explain: state.explain});
    const next = nextOf(state, left);
    this.next.hidden = !next;
    if (next) setText(this.next, t(next.key));
    this.back.hidden = !backOf(state);
  }

  #drawQuestion({phase, question}) {
    this.question.hidden = phase !== "predict" || !question;
    const said = JSON.stringify(question);
    if (!question || said === this.asked) return;
    this.asked = said;
    const choices = (question.choices ?? []).map((choice) => h("li", {}, choice));
    this.question.innerHTML = question.text;
    if (choices.length) this.question.append(h("ol", {class: "wall-choices"}, choices));
  }

  // A run that the room has already, or that another window has begun since, is watched; else one begins here.
  #drawRun({phase, page, closed, step, run}) {
    const shows = ["run", "explain"].includes(phase) && !closed;
    this.frame.element.hidden = !shows;
    if (!shows) return;
    const isThere = this.framed.step === step && this.framed.page === page.present;
    const isElsewhere = run && run !== this.known && run !== this.run;
    this.known = run;
    if (isThere && !isElsewhere) return;
    this.framed = {step, page: page.present};
    this.run = run;
    this.frame.show(run ? `${page.watch}${run}` : page.present, step);
  }
}

whenThere(() => new WallPage());
