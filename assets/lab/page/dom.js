// Building elements, and the few icons (drawn here: nothing is fetched).

const ICONS = {
  run: "M8 5v14l11-7z",
  pause: "M6 5h4v14H6zm8 0h4v14h-4z",
  stop: "M6 6h12v12H6z",
  step: "M6 5v14l9-7zm10 0h2.5v14H16z",
  restart: "M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z",
  reset: "M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z",
  reseed:
    "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v14h14V5zm3 1.4a1.6 1.6 0 1 1 0 3.2 " +
    "1.6 1.6 0 0 1 0-3.2zm4 4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2zm4 4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2z",
  add: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  remove: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
  help:
    "M11 18h2v-2h-2zm1-16a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16zm0-14a4 4 0 0 0-4 4h2" +
    "a2 2 0 1 1 4 0c0 2-3 1.75-3 5h2c0-2.25 3-2.5 3-5a4 4 0 0 0-4-4z",
  edit: "M3 17.2V21h3.8L17.8 9.9l-3.7-3.7zM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.8 1.8 3.7 3.7z",
  delete: "M6 19a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V7H6zM8 9h8v10H8zm7.5-5-1-1h-5l-1 1H5v2h14V4z",
  share:
    "M18 16a3 3 0 0 0-2 .8l-7.1-4.2a3 3 0 0 0 0-1.3l7-4.1A3 3 0 1 0 15 5v.7L8 9.8a3 3 0 1 0 0 4.4l7.1 4.2-.1.6a3 3 0 1 0 " +
    "3-3z",
  lock: "M18 8h-1V6A5 5 0 0 0 7 6v2H6a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V10a2 2 0 0 0-2-2zM9 6a3 3 0 1 1 6 0v2H9z",
  pin:
    "M14 4v5c0 1.1.4 2.2 1 3H9c.6-.8 1-1.9 1-3V4zm3-2H7a1 1 0 1 0 0 2h1v5a3 3 0 0 1-3 3v2h6v7l1 1 1-1v-7h6v-2" +
    "a3 3 0 0 1-3-3V4h1a1 1 0 1 0 0-2z",
  again:
    "M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zm0 16H8V7h11z",
};

const COPIED_MS = 1500;

/** An element with attributes (`onclick` and the like as functions, `class`, `data-*`) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("lab-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that says what it does. */
export function textButton(action, label, onclick, attributes = {}) {
  const parts = {type: "button", class: "lab-button lab-text-button", "data-action": action, onclick};
  return h("button", {...parts, ...attributes}, label);
}

/** A button that shows an icon alone; its name is read aloud and shown on hover. */
export function iconButton(name, label, onclick, attributes = {}) {
  const button = h("button", {type: "button", class: "lab-button", title: label, "aria-label": label, onclick});
  for (const [key, value] of Object.entries(attributes)) button.setAttribute(key, value);
  button.append(icon(name));
  return button;
}

/** Puts text on the clipboard; whether that could be done. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without a secure connection a browser copies only what is selected.
    const area = h("textarea", {style: "position:fixed;opacity:0"});
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area); // beside an open dialog all is inert
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A button that puts what `text()` gives on the clipboard, and says whether it could. */
export function copyButton(name, label, t, text) {
  const button = h("button", {type: "button", class: "lab-tool lab-kept", "data-copy": name}, label);
  button.addEventListener("click", async () => {
    const done = await copyText(text());
    setText(button, t(done ? "lab.copy.done" : "lab.copy.failed"));
    setTimeout(() => setText(button, label), COPIED_MS);
  });
  return button;
}

/** Sets text only where it differs, so that nothing is announced or laid out again for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets a property or attribute-backed flag only where it differs. */
export function setFlag(element, name, on) {
  if (element.hasAttribute(name) !== Boolean(on)) element.toggleAttribute(name, Boolean(on));
}

/**
 * Puts a slider at a place, unless it stands for the same where it is: several places of a slider may, and a hand that
 * moves it by keys would never come past them.
 *
 * @param {HTMLInputElement} slider
 * @param {number} place
 * @param {function(number): boolean} isSame whether a place stands for what is to be shown
 */
export function setPlace(slider, place, isSame) {
  if (!isSame(Number(slider.value))) slider.value = String(Math.round(place));
}

/** Scrolls the sidebar to the page that is open, which may stand below its first sight. */
export function showCurrentPage() {
  const link = document.querySelector('[data-testid="stSidebarNavLink"][aria-current="page"]');
  const side = link?.closest('[data-testid="stSidebarContent"]');
  if (!side) return;
  const [place, frame] = [link.getBoundingClientRect(), side.getBoundingClientRect()];
  if (place.top < frame.top || place.bottom > frame.bottom) side.scrollTop += place.top - frame.top - frame.height / 2;
}

/** Calls `changed(true)` before the page is printed and `changed(false)` after; returns what ends that. */
export function onPrint(changed) {
  const [before, after] = [() => changed(true), () => changed(false)];
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}
