// The line of an arm, as the charts draw it.

const DASHED = {
  dash: "5 4",
  dot: "1.5 3.5",
  dashdot: "6 3 1.5 3",
  longdash: "9 4",
  longdashdot: "9 3 1.5 3",
  solid: "",
};

/** A short piece of a line of that color and dash (see `DASHES`), beside an arm's name; without a color none. */
export function sampleOf(color, dash) {
  const made = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const svg = made("svg", {viewBox: "0 0 24 8", class: "lab-sample", "aria-hidden": "true"});
  if (color) svg.append(made("path", {d: "M0 4h24", stroke: color, "stroke-dasharray": DASHED[dash] ?? ""}));
  return svg;
}
