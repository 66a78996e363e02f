// The rooms of a visitor, open and past, each with the way to what came of it.

import {when} from "../data/dates.js";
import {ask} from "../page/asking.js";
import {h} from "../page/dom.js";

export class OwnRooms {
  /** @param {{rooms: string, language: string}} config @param {(key: string, values?: object) => string} t */
  constructor({rooms, language}, t) {
    this.rooms = rooms;
    this.language = language;
    this.t = t;
    this.list = h("ul", {});
    this.element = h("section", {class: "lessons-rooms", hidden: true}, h("h2", {}, t("lessons.rooms")), this.list);
  }

  /** Asks for them, and shows them; where nobody answers none. */
  async load() {
    try {
      const {rooms} = await (await ask(this.rooms)).json();
      this.list.replaceChildren(...rooms.map((room) => this.#row(room)));
      this.element.hidden = !rooms.length;
    } catch {
      this.element.hidden = true;
    }
  }

  #row({title, opened_at, closed_at, people, wall, report}) {
    const {t} = this;
    const isOpen = closed_at === null;
    const values = {at: when(opened_at, this.language), count: people};
    return h(
      "li",
      {"data-open": isOpen},
      h("b", {}, title),
      ` ${t(people === 1 ? "lessons.rooms.about.one" : "lessons.rooms.about", values)} `,
      isOpen && h("a", {href: wall}, t("lessons.rooms.wall")),
      isOpen && " ",
      h("a", {href: report}, t("lessons.rooms.report")),
    );
  }
}
