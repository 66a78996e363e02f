// Pictures: what an arm is given, or what it makes.

import {captionOf, paintCaption} from "../charts/pictures.js";
import {count} from "../data/text.js";
import {h, setFlag, setText} from "../page/dom.js";
import {DASHES} from "../page/theme.js";
import {Panel} from "./panel.js";
import {isBeside, Pictures, placed, sheetOf, toned} from "./sheet.js";

const FINE = 6; // dots for each of a picture's, where there are lines to draw on it

/** Small pictures in a grid, drawn straight onto a canvas; every arm has its own. */
export class Images extends Panel {
  constructor(lab, declared) {
    super(lab, declared, Pictures);
    this.screen = h("div", {class: "lab-images"});
    this.sheets = [];
    this.plot.append(this.screen);
    this.element.querySelector('[data-tool="svg"]').remove();
  }

  get due() {
    return this.stale && this.visible;
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const shown = this.inside.shown();
    setText(this.empty, this.inside.empty(shown));
    this.screen.hidden = !shown.length;
    if (shown.length) this.#draw(shown);
  }

  rows() {
    return null;
  }

  #draw(shown) {
    const {declared, inside, lab} = this;
    const {shape} = shown[0].pictures;
    const [n, height, width] = shape;
    const sheet = sheetOf(shape, declared.columns);
    this.#arrange(shown.length, sheet);
    shown.forEach(({arm, pictures}, which) => {
      const {canvas, name} = this.sheets[which];
      const marks = declared.marks ? inside.array(arm, declared.marks) : null;
      const fine = declared.boxes?.length || marks;
      const plain = fine ? h("canvas") : canvas;
      plain.width = sheet.across;
      plain.height = sheet.down;
      const pen = plain.getContext("2d");
      for (let i = 0; i < n; i += 1) {
        const image = new ImageData(width, height);
        const one = pictures.values.subarray(i * height * width, (i + 1) * height * width);
        image.data.set(toned(one, declared.span, lab.theme));
        pen.putImageData(image, ...sheet.place(i));
      }
      if (fine) this.#enlarge(canvas, plain);
      this.#drawBoxes(canvas, inside.strokes(arm, sheet), sheet);
      if (marks) this.#drawMarks(canvas, marks.values, sheet);
      setText(name, shown.length > 1 ? arm.label : "");
      const told = lab.t("lab.describe.images", {count: count(n), arms: arm.label});
      const written = marks ? ` ${[...marks.values].join(" ")}` : "";
      canvas.setAttribute("aria-label", `${this.title}. ${told}${written}`);
    });
  }

  // So many sheets, side by side or one above the other, as they are larger.
  #arrange(length, sheet) {
    if (this.sheets.length !== length) {
      const blank = () => ({name: h("span", {class: "lab-sheet-name"}), canvas: h("canvas", {role: "img"})});
      this.sheets = Array.from({length}, blank);
      this.screen.replaceChildren(...this.sheets.map(({name, canvas}) => h("div", {class: "lab-sheet"}, name, canvas)));
    }
    this.beside = isBeside(length, sheet, this);
    setFlag(this.screen, "data-beside", this.beside);
  }

  // The sheet of pictures, large enough for thin lines and small figures.
  #enlarge(canvas, sheet) {
    canvas.width = sheet.width * FINE;
    canvas.height = sheet.height * FINE;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  }

  // A number below each picture's middle, in the four rows above its last two.
  #drawMarks(canvas, numbers, {place, width, height}) {
    const pen = canvas.getContext("2d");
    pen.font = `600 ${4.6 * FINE}px ${getComputedStyle(this.element).fontFamily}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = this.lab.theme.text;
    numbers.forEach((number, i) => {
      const [left, top] = place(i);
      pen.fillText(String(number), (left + width / 2) * FINE, (top + height - 3.8) * FINE);
    });
  }

  #drawBoxes(canvas, strokes, {width, height}) {
    const pen = canvas.getContext("2d");
    for (const {rect, clip, color, line, dash} of strokes) {
      pen.save();
      pen.scale(FINE, FINE);
      pen.beginPath();
      pen.rect(...clip, width, height);
      pen.clip();
      pen.strokeStyle = color;
      pen.lineWidth = line;
      pen.setLineDash(dash);
      pen.strokeRect(...rect);
      pen.restore();
    }
  }

  /** Saves the pictures as they are seen, the arms' names with them. */
  save(format) {
    if (!this.sheets.length) return;
    const {theme, font} = this.lab;
    const sizes = this.sheets.map(({canvas}) => canvas.getBoundingClientRect());
    const {room, width, height: drawn, corners} = placed(sizes, {beside: this.beside, font});
    const caption = captionOf(this.lab, this.title, DASHES);
    const look = {width, font, family: theme.family, color: theme.text, muted: theme.muted};
    const {top, bottom} = paintCaption(null, caption, {...look, height: 0});
    const height = drawn + top + bottom;
    const whole = h("canvas");
    [whole.width, whole.height] = [2 * width, 2 * height];
    const pen = whole.getContext("2d");
    pen.scale(2, 2);
    pen.fillStyle = theme.ground;
    pen.fillRect(0, 0, width, height);
    paintCaption(pen, caption, {...look, height});
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = theme.text;
    pen.font = `${font}px ${theme.family}`;
    this.sheets.forEach(({canvas, name}, i) => {
      const [x, y] = [corners[i][0], corners[i][1] + top];
      if (room) pen.fillText(name.textContent, x, y + font);
      pen.drawImage(canvas, x, y + room, sizes[i].width, sizes[i].height);
    });
    h("a", {download: `${this.filename()}.${format}`, href: whole.toDataURL(`image/${format}`)}).click();
  }
}
