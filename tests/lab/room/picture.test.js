import assert from "node:assert/strict";
import {test} from "node:test";
import {fixed, Picture} from "../../../assets/lab/room/picture.js";
import "../dom.js";

test("a picture is drawn with its caption, and anew only where it is another", () => {
  const picture = new Picture("wall-dots", 330);
  const label = () => picture.svg.getAttribute("aria-label");
  assert.deepEqual([picture.figure.className, picture.svg.getAttribute("viewBox")], ["wall-dots", "0 0 1000 330"]);
  picture.show("<circle/>", "One.");
  assert.deepEqual(
    [picture.svg.innerHTML, picture.caption.textContent, label()],
    ["<circle></circle>", "One.", "One."],
  );
  picture.show("<circle/>", "Another.");
  assert.deepEqual([picture.caption.textContent, label()], ["One.", "One."]);
  picture.show("<rect/>", "Another.", () => "More.");
  assert.deepEqual([picture.caption.textContent, label()], ["Another.", "More."]);
});

test("a coordinate has one digit after its point", () => {
  assert.equal(fixed(1.26), "1.3");
});
