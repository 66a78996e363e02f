// A student's page: what the room does now, on a phone.

import {h, setText} from "./page/dom.js";
import {configured, whenThere} from "./room/configured.js";
import {Countdown} from "./room/countdown.js";
import {ExperimentPart} from "./room/experiment_part.js";
import {studyAddress} from "./room/experiment_words.js";
import {Explanation} from "./room/explanation.js";
import {Notice} from "./room/notice.js";
import {QuestionBox} from "./room/question_box.js";
import {RoomSocket} from "./room/room_socket.js";
import {secretOf} from "./room/secret.js";
import {Votes} from "./room/votes.js";
import {Watcher} from "./room/watcher.js";
import {Wheel} from "./room/wheel.js";

const CLOCK_MS = 500;

export class StudentPage {
  constructor() {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.state = null;
    this.me = null;
    this.vote = new Countdown();
    this.wheelLeft = new Countdown();
    this.main = main;
    this.#build(main);
    this.socket = new RoomSocket(
      config.socket,
      {role: "student", room: config.room, secret: secretOf(config.room)},
      {told: (message) => this.#told(message), dropped: (isOver, reason) => this.#dropped(isOver, reason)},
    );
    this.timer = setInterval(() => this.state && this.draw(), CLOCK_MS);
  }

  #build(main) {
    const {t} = this;
    this.alias = h("p", {class: "room-alias"});
    this.heading = h("h1", {}, this.config.title);
    this.place = h("p", {class: "room-place"});
    this.notice = new Notice(t);
    this.question = new QuestionBox(t, (vote, value) => this.socket.send({type: "answer", vote, value}));
    this.explanation = new Explanation(t);
    this.votes = new Votes(t, "room-result");
    this.wheel = new Wheel(t, (name, value) => this.socket.send({type: "turn", name, value}));
    this.watcher = new Watcher(this.config, t);
    this.part = new ExperimentPart(t, (experiment, values) => this.socket.send({type: "bid", experiment, values}));
    this.inLab = h("a", {class: "room-link", target: "_blank", rel: "noopener"}, t("room.open"));
    this.rename = this.#renaming();
    const header = h("header", {}, this.place, this.heading, this.alias, this.rename);
    main.replaceChildren(
      header,
      this.notice.element,
      this.question.element,
      this.votes.element,
      this.wheel.element,
      this.watcher.element,
      this.part.element,
      this.explanation.element,
      h("footer", {}, this.inLab),
    );
  }

  #renaming() {
    const box = h("input", {
      maxlength: 24,
      "aria-label": this.t("room.name.label"),
      placeholder: this.t("room.name.label"),
    });
    const form = h(
      "form",
      {class: "room-rename", hidden: true},
      box,
      h("button", {class: "room-quiet"}, this.t("room.name.set")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.socket.send({type: "call", name: box.value});
    });
    return form;
  }

  #told(message) {
    if (message.type === "you") {
      this.me = message;
      this.question.know(message.said);
      this.part.know(message.part);
    } else if (message.type === "room") {
      this.state = message;
      this.vote.set(message.vote?.left_s);
      this.wheelLeft.set(message.wheel?.person === this.me?.number ? message.wheel?.left_s : 0);
      const over = message.closed ? "room.over.closed" : message.phase === "end" ? "room.end" : "";
      this.notice.say(over && this.t(over));
    } else if (message.type === "tried") this.part.take(message);
    else if (message.type === "taken") this.question.confirm(message.vote, message.value);
    else if (message.type === "refused") {
      if (message.about === "answer") this.question.forget();
      this.notice.refuse(message);
    }
    if (this.state) this.draw();
  }

  #dropped(isOver, reason) {
    this.notice.lose(isOver, reason);
    if (!isOver) return;
    clearInterval(this.timer);
    this.watcher.close();
    this.main.replaceChildren(this.heading, this.notice.element);
  }

  draw() {
    const {state, t} = this;
    const {phase} = state;
    setText(this.alias, this.me ? t("room.alias", {alias: this.me.alias}) : "");
    setText(this.place, phase === "lobby" ? t("room.lobby") : t("room.place", {step: state.step + 1, of: state.of}));
    const isBefore = phase === "lobby" && state.step === 0;
    setText(this.heading, isBefore || phase === "end" ? state.title : state.heading);
    this.rename.hidden = !state.names;
    this.question.draw(phase === "predict" ? state : {}, this.vote.left);
    const shows = ["run", "explain", "result"].includes(phase) && !state.closed;
    this.watcher.element.hidden = !shows;
    if (shows || phase === "experiment") this.watcher.watch(state.run, state.page.charts); // which is paused, not left
    this.part.draw(state);
    this.wheel.draw(state.page.knobs, shows ? this.wheelLeft.left : 0, (knob) => this.watcher.held(knob));
    this.explanation.draw(state);
    this.votes.draw(state.question, state.result, this.question.said(state.vote?.number));
    const study = phase === "experiment" && state.experiment?.study && studyAddress(state.page, state.experiment);
    this.inLab.hidden = !(shows || study);
    this.inLab.href = study || state.page.address;
  }
}

whenThere(() => new StudentPage());
