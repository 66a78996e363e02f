// The teacher's desk: what comes next, what was answered, and who is there. It is for a phone, and shown to nobody.

import {ask, Refused, reasonOf} from "./page/asking.js";
import {h, setText} from "./page/dom.js";
import {spaced} from "./room/code.js";
import {configured, whenThere} from "./room/configured.js";
import {Countdown} from "./room/countdown.js";
import {Desks} from "./room/desks.js";
import {ExperimentDesk} from "./room/experiment_desk.js";
import {Explanation} from "./room/explanation.js";
import {nextOf, othersOf} from "./room/next.js";
import {Notice} from "./room/notice.js";
import {People} from "./room/people.js";
import {RoomSocket} from "./room/room_socket.js";
import {SettingsBox} from "./room/settings_box.js";
import {Votes} from "./room/votes.js";

const CLOCK_MS = 500;

export class DeskPage {
  constructor() {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.state = null;
    this.vote = new Countdown();
    this.socket = null; // until this device is known to be a desk
    this.offered = ""; // what is drawn of other moves
    this.#build(main);
    this.#pair().then((isIn) => isIn && this.#connect());
  }

  // A device that comes with a key is made a desk first; the key is good once, so the address forgets it.
  async #pair() {
    const key = new URLSearchParams(location.search).get("key");
    if (!key) return true;
    try {
      await ask(`${this.config.rooms}/desk`, {method: "POST", body: JSON.stringify({key, lang: this.config.language})});
    } catch (error) {
      this.notice.say(reasonOf(error, this.t("room.unreached")));
      if (!(error instanceof Refused && error.status === 404)) return false;
      // It may be used since the answer to it was lost: the room knows.
    }
    history.replaceState(null, "", location.pathname);
    return true;
  }

  #connect() {
    this.socket = new RoomSocket(
      this.config.socket,
      {role: "desk", room: this.config.room},
      {
        told: (message) => this.#told(message),
        dropped: (isOver, reason) => this.notice.lose(isOver, reason),
      },
    );
    this.timer = setInterval(() => this.state && this.draw(), CLOCK_MS);
  }

  #build(main) {
    const {t} = this;
    const say = (message) => this.socket?.send(message);
    this.heading = h("h1", {}, this.config.title);
    this.place = h("p", {class: "room-place"});
    this.notice = new Notice(t);
    this.advice = h("p", {class: "desk-advice"});
    this.status = h("p", {class: "desk-status", role: "status"});
    this.next = h("button", {
      type: "button",
      class: "room-primary desk-next",
      "data-action": "next",
      onclick: () => this.goOn(),
    });
    this.others = h("div", {class: "desk-others"});
    this.votes = new Votes(t, "desk-result");
    this.experiment = new ExperimentDesk(t, say);
    this.explanation = new Explanation(t);
    const summary = h("summary", {}, t("room.desk.text"));
    const text = h("details", {class: "desk-text"}, summary, this.explanation.element);
    this.people = new People(t, say);
    this.settings = new SettingsBox(t, say, () => this.#delete());
    this.desks = new Desks(t, this.config.language, say);
    main.replaceChildren(
      h("header", {}, this.place, this.heading, this.status),
      this.notice.element,
      this.advice,
      this.next,
      this.others,
      this.experiment.element,
      this.votes.element,
      text,
      this.people.element,
      this.settings.element,
      this.desks.element,
      h("a", {class: "room-link", href: this.config.report}, t("room.desk.report")),
    );
  }

  async #delete() {
    try {
      await ask(`${this.config.rooms}/${this.config.room}`, {method: "DELETE"});
      this.notice.say(this.t("room.desk.deleted"));
    } catch (error) {
      this.notice.say(reasonOf(error, this.t("room.unreached")));
    }
  }

  #told(message) {
    if (message.type === "room") {
      this.state = message;
      this.vote.set(message.vote?.left_s);
      const trouble = message.trouble && this.t("room.desk.trouble", {why: message.trouble});
      this.notice.say(message.closed ? this.t("room.over.closed") : (trouble ?? ""));
    } else if (message.type === "refused") this.notice.refuse(message);
    if (!this.state) return;
    this.draw();
    this.settings.draw(this.state);
  }

  goOn() {
    const next = this.state && nextOf(this.state, this.vote.left);
    if (next) this.socket.send(next.message);
  }

  draw() {
    const {state, t} = this;
    const left = this.vote.left;
    setText(this.heading, state.phase === "end" ? state.title : state.heading);
    setText(
      this.place,
      t("room.desk.place", {
        step: state.step + 1,
        of: state.of,
        minutes: state.minutes,
        phase: t(`room.phase.${state.phase}`),
      }),
    );
    setText(this.status, t("room.desk.status", {code: spaced(state.code), here: state.here, joined: state.joined}));
    const next = nextOf(state, left);
    this.next.hidden = !next;
    if (next) setText(this.next, t(next.key));
    const isOpen = state.phase === "predict" && left > 0;
    const share = state.share === null ? "" : t("room.desk.share", {percent: Math.round(100 * state.share)});
    const advised = isOpen
      ? t("room.desk.voting", {said: state.vote.said, here: state.here, seconds: Math.ceil(left)})
      : [share, state.advice && t(`room.advice.${state.advice}`)].filter(Boolean).join(" ");
    setText(this.advice, advised);
    this.#drawOthers(othersOf(state, left));
    this.votes.draw(state.asked, state.tally.first && {...state.tally, right: state.right});
    this.experiment.draw(state);
    this.people.draw(state);
    this.desks.draw(state);
    this.explanation.draw(state);
  }

  #drawOthers(moves) {
    const said = JSON.stringify(moves);
    if (said === this.offered) return;
    this.offered = said;
    const offer = ({key, message}) => {
      const onclick = () => this.socket.send(message);
      return h("button", {type: "button", class: "room-quiet", "data-offer": key, onclick}, this.t(key));
    };
    this.others.replaceChildren(...moves.map(offer));
  }
}

whenThere(() => new DeskPage());
