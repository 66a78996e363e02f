// An experiment at the desk: what may be begun and what it takes, how far it is, and its end.

import {duration} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {standing, studyAddress} from "./experiment_words.js";
import {knobName, knobNames} from "./knob_control.js";

export class ExperimentDesk {
  /** @param {(key: string, values?: object) => string} t @param {(message: any) => void} say */
  constructor(t, say) {
    this.t = t;
    const button = (action, key, message) =>
      h(
        "button",
        {type: "button", class: "room-quiet", "data-action": action, onclick: () => say(message(this.step))},
        t(key),
      );
    this.step = 0;
    this.seeds = button("seeds", "room.experiment.seeds", (step) => ({type: "begin", step, what: "seeds"}));
    this.collect = button("collect", "room.experiment.settings", (step) => this.#collecting(step));
    this.second = h("select", {"data-action": "second", onchange: () => this.again()});
    this.seconds = h("label", {class: "desk-second"}, t("room.experiment.second"), this.second);
    this.offered = ""; // as second knobs
    this.again = () => {};
    this.settings = button("settings", "room.experiment.begin", (step) => ({type: "begin", step, what: "settings"}));
    this.cancel = button("cancel", "room.experiment.cancel", () => ({type: "cancel"}));
    this.resume = button("resume", "room.experiment.resume", () => ({type: "resume"}));
    this.line = h("p", {class: "desk-experiment-line", role: "status"});
    this.aboutSeeds = h("p", {class: "desk-status"});
    this.aboutSettings = h("p", {class: "desk-status"});
    this.link = h("a", {target: "_blank", rel: "noopener"}, t("room.experiment.open"));
    this.verdict = h("p", {class: "room-verdict"});
    const settings = [this.collect, this.seconds, this.aboutSettings];
    this.offers = h("div", {}, this.seeds, this.aboutSeeds, ...settings);
    const parts = [this.line, this.settings, this.cancel, this.resume, this.verdict, this.link, this.offers];
    this.element = h("section", {class: "desk-experiment", hidden: true}, h("h2", {}, t("room.experiment")), ...parts);
  }

  /** @param {any} state the desk's */
  draw({experiment, offer, page, step, joined, closed}) {
    this.step = step;
    const isOpen = experiment?.stage === "bids";
    const isOn = isOpen || (Boolean(experiment) && ["", "running"].includes(experiment.state));
    const isIdle = !isOn && Boolean(offer.seeds);
    this.element.hidden = closed || !(experiment || isIdle);
    this.offers.hidden = !isIdle;
    this.settings.hidden = !isOpen || experiment.step !== step;
    this.cancel.hidden = !isOn;
    this.resume.hidden = experiment?.state !== "interrupted";
    const address = experiment?.study && experiment.step === step ? studyAddress(page, experiment) : "";
    this.link.hidden = !address;
    if (address) this.link.href = address;
    setText(this.line, experiment ? this.#line(experiment, offer, page, joined) : "");
    setText(this.verdict, experiment?.verdict ?? "");
    if (isIdle) this.#offer(offer, page, joined);
  }

  #line(experiment, offer, page, joined) {
    if (experiment.stage !== "bids") return standing(experiment, this.t);
    const isHere = experiment.step === this.step; // what is offered is of the step at which the room stands
    const knob = isHere && page.bids.length ? knobNames(page.bids, this.t) : experiment.named.join(", ");
    const told = this.t("room.experiment.given", {given: experiment.given, joined, knob});
    return [told, isHere && offer.settings && this.#cost(offer.settings)].filter(Boolean).join(" ");
  }

  #collecting(step) {
    const {value} = this.second;
    return value ? {type: "collect", step, second: value} : {type: "collect", step};
  }

  #offer({seeds, settings, maps = []}, page, joined) {
    const {t} = this;
    const own = seeds.own ? t("room.experiment.own", {own: seeds.own}) : "";
    const about = t("room.experiment.seeds.about", {joined, places: seeds.places});
    setText(this.aboutSeeds, [about, own, this.#cost(seeds)].filter(Boolean).join(" "));
    this.collect.hidden = this.aboutSettings.hidden = !settings || !page.bid;
    this.seconds.hidden = this.collect.hidden || !maps.length;
    if (this.collect.hidden) return;
    this.#offerSeconds(maps);
    this.again = () => {
      const map = maps.find(({name}) => name === this.second.value);
      const knob = knobNames(map ? [page.bid, map] : [page.bid], t);
      const told = map
        ? t("room.experiment.settings.map", {knob, places: map.places})
        : t("room.experiment.settings.about", {knob});
      setText(this.aboutSettings, `${told} ${this.#cost(map ?? settings)}`);
    };
    this.again();
  }

  // Anew only where there are others, so that nothing moves under a hand.
  #offerSeconds(maps) {
    const offered = JSON.stringify(maps.map(({name}) => name));
    if (offered === this.offered) return;
    this.offered = offered;
    const options = maps.map((map) => h("option", {value: map.name}, knobName(map)));
    this.second.replaceChildren(h("option", {value: ""}, this.t("room.experiment.second.none")), ...options);
  }

  #cost({runs, seconds}) {
    const {t} = this;
    if (seconds === null) return t("room.experiment.cost", {runs});
    return t("room.experiment.cost.time", {runs, time: duration(seconds, t)});
  }
}
