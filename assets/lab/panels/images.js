// Pictures: what an arm is given, or what it makes.

import {captionOf, paintCaption} from "../charts/pictures.js";
import {count} from "../data/text.js";
import {h, setFlag, setText} from "../page/dom.js";
import {channels, DASHES} from "../page/theme.js";
import {ends} from "./curve.js";
import {Panel} from "./panel.js";

const LEAST_PICTURE = 360; // pixels: of a saved picture's width, for its caption
const FINE = 6; // dots for each of a picture's, where there are lines to draw on it

/** Small pictures in a grid, drawn straight onto a canvas; every arm has its own. */
export class Images extends Panel {
  constructor(lab, declared) {
    super(lab, declared);
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
    const {lab, declared} = this;
    const chosen = declared.preview ? lab.arms().filter(({index}) => index === lab.selected) : this.arms();
    const shown = (lab.store.run || declared.preview ? chosen : [])
      .map((arm) => ({arm, pictures: this.array(arm, declared.array)}))
      .filter(({pictures}) => pictures);
    setText(this.empty, shown.length ? "" : lab.t(lab.store.run ? "lab.empty.soon" : "lab.empty.panel"));
    this.screen.hidden = !shown.length;
    if (shown.length) this.#draw(shown);
  }

  #draw(shown) {
    const {declared} = this;
    const [n, height, width] = shown[0].pictures.shape;
    const columns = Math.min(declared.columns, n);
    const gap = 1;
    const across = columns * (width + gap) - gap;
    const down = Math.ceil(n / columns) * (height + gap) - gap;
    const place = (i) => [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    this.#arrange(shown, across, down);
    shown.forEach(({arm, pictures}, which) => {
      const {canvas, name} = this.sheets[which];
      const marks = declared.marks ? this.array(arm, declared.marks) : null;
      const fine = declared.boxes?.length || marks;
      const sheet = fine ? h("canvas") : canvas;
      sheet.width = across;
      sheet.height = down;
      const pen = sheet.getContext("2d");
      for (let i = 0; i < n; i += 1) {
        const one = pictures.values.subarray(i * height * width, (i + 1) * height * width);
        pen.putImageData(this.#picture(one, width, height), ...place(i));
      }
      if (fine) this.#enlarge(canvas, sheet);
      this.#drawBoxes(arm, canvas, place, width, height);
      if (marks) this.#drawMarks(canvas, marks.values, place, width, height);
      setText(name, shown.length > 1 ? arm.label : "");
      const told = this.lab.t("lab.describe.images", {count: count(n), arms: arm.label});
      const written = marks ? ` ${[...marks.values].join(" ")}` : "";
      canvas.setAttribute("aria-label", `${this.title}. ${told}${written}`);
    });
  }

  // Sheets of `across` by `down` dots, side by side or one above the other, as they are larger.
  #arrange(shown, across, down) {
    const {length} = shown;
    if (this.sheets.length !== length) {
      const sheet = () => ({name: h("span", {class: "lab-sheet-name"}), canvas: h("canvas", {role: "img"})});
      this.sheets = shown.map(sheet);
      this.screen.replaceChildren(...this.sheets.map(({name, canvas}) => h("div", {class: "lab-sheet"}, name, canvas)));
    }
    const {clientWidth: width, clientHeight: height} = this.plot;
    const beside = Math.min(width / length / across, height / down);
    const stacked = Math.min(width / across, height / length / down);
    this.beside = beside > stacked;
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
  #drawMarks(canvas, numbers, place, width, height) {
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

  // Boxes on the pictures: the first in the arm's color, on top, the others dashed; all with a rim in the ground's color,
  // so as to be seen on any tone.
  #drawBoxes(arm, canvas, place, width, height) {
    const {theme} = this.lab;
    const pen = canvas.getContext("2d");
    [...(this.declared.boxes ?? []).entries()].reverse().forEach(([which, name]) => {
      const boxes = this.array(arm, name);
      for (let i = 0; i < (boxes?.shape[0] ?? 0); i += 1) {
        const [x, y, w, tall] = boxes.values.subarray(4 * i, 4 * i + 4);
        if (!(w > 0 && tall > 0)) continue;
        const [left, top] = place(i);
        pen.save();
        pen.scale(FINE, FINE);
        pen.beginPath();
        pen.rect(left, top, width, height);
        pen.clip();
        for (const [color, line] of [
          [theme.ground, 2],
          [which ? theme.text : theme.arms[arm.index], 1],
        ]) {
          pen.strokeStyle = color;
          pen.lineWidth = which ? line * 0.6 : line;
          pen.setLineDash(which === 0 ? [] : which === 1 ? [2, 1.5] : [0.6, 1.2]);
          pen.strokeRect(left + (x - w / 2) * width, top + (y - tall / 2) * height, w * width, tall * height);
        }
        pen.restore();
      }
    });
  }

  // From the ground's color to the text's, over the declared span or the values' own; a mask's lit places in the accent.
  #picture(values, width, height) {
    const {theme} = this.lab;
    const {span: told} = this.declared;
    const mask = !told && values.every((value) => value === 0 || value === 1);
    const [low, high] = mask ? [0, 1] : (told ?? ends(values));
    const lit = channels(mask ? theme.accent : theme.text);
    const back = channels(mask ? theme.soft : theme.ground);
    const image = new ImageData(width, height);
    const span = high - low || 1;
    for (let i = 0; i < values.length; i += 1) {
      const share = (values[i] - low) / span;
      for (let channel = 0; channel < 3; channel += 1) {
        image.data[4 * i + channel] = back[channel] + share * (lit[channel] - back[channel]);
      }
      image.data[4 * i + 3] = 255;
    }
    return image;
  }

  /** Saves the pictures as they are seen, the arms' names with them. */
  save(format) {
    if (!this.sheets.length) return;
    const {theme, font} = this.lab;
    const room = this.sheets.length > 1 ? 1.5 * font : 0; // for a name
    const sizes = this.sheets.map(({canvas}) => canvas.getBoundingClientRect());
    const [widths, heights] = [sizes.map(({width}) => width), sizes.map(({height}) => height + room)];
    const total = (lengths) => lengths.reduce((sum, length) => sum + length + font, -font);
    const most = (lengths) => Math.max(...lengths);
    const caption = captionOf(this.lab, this.title, DASHES);
    const width = Math.max(LEAST_PICTURE, (this.beside ? total : most)(widths));
    const look = {width, font, family: theme.family, color: theme.text, muted: theme.muted};
    const {top, bottom} = paintCaption(null, caption, {...look, height: 0});
    const height = (this.beside ? most : total)(heights) + top + bottom;
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
    let [x, y] = [0, top];
    this.sheets.forEach(({canvas, name}, i) => {
      if (room) pen.fillText(name.textContent, x, y + font);
      pen.drawImage(canvas, x, y + room, sizes[i].width, sizes[i].height);
      if (this.beside) x += widths[i] + font;
      else y += heights[i] + font;
    });
    h("a", {download: `${this.filename()}.${format}`, href: whole.toDataURL(`image/${format}`)}).click();
  }
}
