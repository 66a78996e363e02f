// A button for what cannot be taken back: the first tap asks in its place, the second does it.

import {h, setText} from "./dom.js";

const ASKED_MS = 5000; // for which it asks

/**
 * @param {{action: string, label: string, sure: string}} told what it is called, and what it asks
 * @param {() => void} act
 */
export function twoTaps({action, label, sure}, act) {
  let timer = null; // while it asks
  const rest = () => {
    clearTimeout(timer);
    timer = null;
    button.removeAttribute("data-asks");
    setText(button, label);
  };
  const tapped = ({detail}) => {
    if (detail > 1) return; // of a double click the second is not meant
    if (timer === null) {
      timer = setTimeout(rest, ASKED_MS);
      button.setAttribute("data-asks", "");
      setText(button, sure);
    } else {
      rest();
      act();
    }
  };
  const button = h("button", {type: "button", class: "room-quiet", "data-action": action, onclick: tapped}, label);
  return button;
}
