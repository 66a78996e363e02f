// The lessons: what there is to teach, each opened for a class by one press.

import {query} from "./data/address.js";
import {makeText} from "./data/text.js";
import {reasonOf} from "./page/asking.js";
import {h, setText, showCurrentPage, textButton} from "./page/dom.js";
import {loadStyles} from "./page/styles.js";
import {teach} from "./page/teach.js";
import {OwnRooms} from "./room/own_rooms.js";

class Lessons {
  /** @param {HTMLElement} parent @param {any} config its `lessons`, `rooms` and `join` @param {(address: string) => void} [go] */
  constructor(parent, config, go) {
    this.config = config;
    this.t = makeText(config.labels);
    this.go = go;
    this.trouble = h("p", {class: "lessons-trouble", role: "alert", hidden: true});
    this.rooms = new OwnRooms(config, this.t);
    this.root = h("div", {class: "lab lessons"}, this.trouble);
    parent.append(this.root);
    this.rooms.load();
    this.update(config);
  }

  /** Shows other lessons. */
  update(config) {
    this.config = config;
    const join = h("p", {class: "lessons-join"}, h("a", {href: config.join}, this.t("lessons.join")));
    const cards = config.lessons.map((lesson) => this.#card(lesson));
    this.root.replaceChildren(this.trouble, join, ...cards, this.#tries(config.tries), this.rooms.element);
  }

  #card({name, title, aim, minutes, steps, problem}) {
    const {t} = this;
    if (problem)
      return h("article", {class: "lessons-card"}, h("h2", {}, name), h("p", {class: "lessons-problem"}, problem));
    return h(
      "article",
      {class: "lessons-card"},
      h("h2", {}, title),
      h("p", {}, aim),
      h("p", {class: "lessons-about"}, t("lessons.about.one", {minutes, steps: steps.length})),
      h("ol", {}, ...steps.map((step) => h("li", {}, step))),
      this.#ways(name),
    );
  }

  // How one goes about a lesson: with a class, alone, or on a projector.
  #ways(name) {
    const {t} = this;
    const {lesson, language} = this.config;
    const to = (view) => `${lesson}/${name}${query({lang: language, ...view})}`;
    return h(
      "p",
      {class: "lessons-ways"},
      textButton("teach", t("lab.teach"), () => this.#teach(name), {title: t("lab.teach.help"), "data-lesson": name}),
      h("a", {href: to({}), title: t("lessons.take.help"), "data-take": name}, t("lessons.take")),
      h(
        "a",
        {href: to({view: "present"}), title: t("lessons.present.help"), "data-present": name},
        t("lessons.present"),
      ),
    );
  }

  #tries(tries) {
    const {t} = this;
    return h(
      "details",
      {class: "lessons-tries", hidden: !tries.length},
      h("summary", {}, t("lessons.tries")),
      h("p", {}, t("lessons.tries.about")),
      h("ul", {}, ...tries.map(({name, title}) => h("li", {}, h("b", {}, title), this.#ways(name)))),
    );
  }

  async #teach(lesson) {
    this.trouble.hidden = true;
    try {
      await teach(this.config.rooms, {lesson, lang: this.config.language}, this.go);
    } catch (error) {
      this.trouble.hidden = false;
      setText(this.trouble, reasonOf(error, this.t("room.lost")));
    }
  }

  destroy() {
    this.root.remove();
  }
}

/** Puts the lessons into an element. */
export function mount(parent, config, _host, go) {
  loadStyles("lessons");
  showCurrentPage();
  const page = new Lessons(parent, config, go);
  return {update: (next) => page.update(next), destroy: () => page.destroy()};
}
