// A picture on the wall with a caption under it: what is in it is given as SVG, and drawn where it is another.

export const WIDTH = 1000; // the picture's own units: letters grow with it

export class Picture {
  /** @param {string} kind the figure's classes @param {number} height in the picture's own units */
  constructor(kind, height) {
    this.figure = document.createElement("figure");
    this.figure.className = kind;
    this.caption = document.createElement("figcaption");
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    this.svg.setAttribute("role", "img");
    this.figure.append(this.svg, this.caption);
    this.drawn = "";
  }

  /** @param {string} drawn @param {string} caption @param {() => string} said the same for who does not see it */
  show(drawn, caption, said = () => caption) {
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.svg.innerHTML = drawn;
    this.caption.textContent = caption;
    this.svg.setAttribute("aria-label", said());
  }
}

/** A coordinate, as it is written. @param {number} value */
export function fixed(value) {
  return value.toFixed(1);
}
