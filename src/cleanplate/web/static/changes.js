// What a mask changes in the other views, before it is saved.

import { changesElsewhere } from "./api.js";

const pixels = (count) => `${count.toLocaleString()} px`;

function item(change, open) {
  const place = document.createElement("li"), button = document.createElement("button"), image = new Image();
  image.src = change.picture;
  image.alt = "";
  const text = document.createElement("span");
  text.textContent = `${change.view}: ${pixels(change.filled)} filled in, ${pixels(change.removed)} removed`;
  button.append(image, text);
  button.addEventListener("click", () => open(change.key));
  place.append(button);
  return place;
}

export function clearChanges(place) {
  place.querySelector("#changes").replaceChildren();
  place.querySelector("#changes-told").textContent = "";
}

export async function showChanges(place, editor, open) {
  const { view, mask } = editor;
  clearChanges(place);
  const found = await editor.wait(changesElsewhere(view, mask.pixels), "what changes in the other views");
  if (!found || editor.mask !== mask) return;
  place.querySelector("#changes").replaceChildren(...found.map((change) => item(change, open)));
  place.querySelector("#changes-told").textContent = found.length
    ? "If this mask is saved and the product run again (green: filled in, red: removed):"
    : "No other view would change.";
}
