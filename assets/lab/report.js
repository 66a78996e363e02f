// A room after class, for its teacher: what was voted, when, and by how many; to be printed, taken away, or deleted.

import {exactly, when} from "./data/dates.js";
import {ask, reasonOf} from "./page/asking.js";
import {h} from "./page/dom.js";
import {twoTaps} from "./page/two_taps.js";
import {configured, whenThere} from "./room/configured.js";
import {Notice} from "./room/notice.js";
import {rightText, votesTable} from "./room/votes_table.js";

const EXPERIMENTS = {seeds: "report.seeds", settings: "report.settings"};
const VOTES = ["report.vote.first", "report.vote.second"];

export class ReportPage {
  constructor() {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.notice = new Notice(t);
    const told = {action: "delete", label: t("room.desk.delete"), sure: t("room.desk.delete.sure")};
    this.remove = twoTaps(told, () => this.#delete());
    this.steps = h("div", {class: "report-steps"}, ...config.steps.map((step, number) => this.#step(step, number)));
    main.replaceChildren(
      h("header", {}, h("h1", {}, config.title), h("p", {class: "report-about"}, this.#about())),
      this.notice.element,
      this.#actions(),
      this.steps,
    );
  }

  #at(seconds) {
    return when(seconds, this.config.language);
  }

  #about() {
    const {opened_at, closed_at, people} = this.config;
    const {t} = this;
    return [
      t("report.opened", {at: this.#at(opened_at)}),
      closed_at === null ? t("report.open") : t("report.closed", {at: this.#at(closed_at)}),
      t(people === 1 ? "report.people.one" : "report.people", {count: people}),
    ].join(" · ");
  }

  #actions() {
    const {config, t} = this;
    const link = (href, key, more = {}) => h("a", {href, class: "room-quiet", ...more}, t(key));
    const goes = t("report.goes", {at: exactly(config.goes_at, config.language)});
    return h(
      "div",
      {class: "report-actions"},
      link(config.files.csv, "report.csv", {download: ""}),
      link(config.files.sheet, "report.sheet", {download: ""}),
      h(
        "button",
        {type: "button", class: "room-quiet", "data-action": "print", onclick: () => print()},
        t("room.print"),
      ),
      config.closed_at === null && link(config.desk, "report.desk"),
      this.remove,
      h("p", {}, goes),
    );
  }

  #step({title, begun_at, runs, experiments, question, right, votes, tally}, number) {
    const {t} = this;
    const times = [
      begun_at === null ? t("report.unseen") : t("report.begun", {at: this.#at(begun_at)}),
      ...votes.map((vote, i) => t(VOTES[i], {from: this.#at(vote.opened_at), to: this.#at(vote.closed_at)})),
    ];
    const asked = question && h("div", {class: "room-text"});
    if (asked) asked.innerHTML = question.text;
    const is = rightText(question ?? {}, right, t);
    return h(
      "section",
      {class: "report-step", "data-step": number},
      h("h2", {}, `${number + 1} ${title}`),
      h("p", {class: "report-times"}, times.join(" · ")),
      asked,
      votes.length > 0 && votesTable(question, votes, tally, right, t),
      question?.kind === "number" && is && h("p", {}, t("room.right", {right: is})),
      h(
        "p",
        {class: "report-runs"},
        ...runs.map((href, i) => h("a", {href}, t("report.run", {number: i + 1}))),
        ...experiments.map((made) => this.#experiment(made)),
      ),
    );
  }

  // Of shared settings there is no page that shows the study.
  #experiment({kind, places, called, address}) {
    const text = this.t(EXPERIMENTS[kind], {count: places, knobs: called.join(", ")});
    return address === null ? h("span", {}, text) : h("a", {href: address}, text);
  }

  async #delete() {
    try {
      await ask(`${this.config.rooms}/${this.config.room}`, {method: "DELETE"});
      this.steps.remove();
      this.remove.parentElement.remove();
      this.notice.say(this.t("room.desk.deleted"));
    } catch (error) {
      this.notice.say(reasonOf(error, this.t("room.unreached")));
    }
  }
}

whenThere(() => new ReportPage());
