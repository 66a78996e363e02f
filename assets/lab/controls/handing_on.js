// What of a lab is handed on: its run by a link, what is set by its address, and both to a class.

import {toWatch} from "../data/address.js";
import {reasonOf} from "../page/asking.js";
import {copyButton, h} from "../page/dom.js";
import {ShareTool} from "../page/share_box.js";
import {teach} from "../page/teach.js";
import {LessonBox} from "./lesson_box.js";

/** Its buttons: those of the run that is shown (`ofRun`), and those of the page (`ofPage`); and their `dialogs`. */
export class HandingOn {
  constructor(lab) {
    const {t} = lab;
    const run = copyButton("run", t("lab.copy.run"), t, () => toWatch(lab.store.run, lab.config));
    run.title = t("lab.copy.run.help");
    const whole = copyButton("address", t("lab.copy.address"), t, () => lab.here());
    whole.title = t("lab.copy.address.help");
    this.lab = lab;
    this.share = new ShareTool(lab);
    this.ofRun = [run, this.share.element];
    this.ofPage = [whole];
    this.dialogs = [this.share.box.element];
    if (!lab.reach.strict) this.#offerLessons();
  }

  // A dialog in which links are made that leave some controls out, and a room for a class around the page as it is set.
  #offerLessons() {
    const {t} = this.lab;
    const box = new LessonBox(this.lab);
    const button = (action, label, help, onclick) =>
      h("button", {type: "button", class: "lab-tool lab-kept", "data-action": action, title: help, onclick}, label);
    const lesson = button("lesson", t("lab.lesson"), t("lab.lesson.help"), () => box.open());
    this.ofPage.push(
      lesson,
      button("teach", t("lab.teach"), t("lab.teach.help"), () => this.#teach()),
    );
    this.dialogs.push(box.element);
  }

  async #teach() {
    const {lab} = this;
    const {trick, language, rooms} = lab.config;
    try {
      await teach(rooms, {page: trick, query: lab.params(), lang: language});
    } catch (error) {
      lab.say("unstarted", reasonOf(error, lab.t("lab.connection.lost")));
    }
  }

  refresh() {
    this.share.refresh();
  }
}
