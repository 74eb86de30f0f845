// The keyboard: one table that both acts and explains itself.

export const TOOLS = [
  { id: "brush", key: "b", name: "Brush", hint: "Drag to add; Shift-click draws a line; the right button erases." },
  { id: "eraser", key: "e", name: "Eraser", hint: "Drag to remove; Shift-click draws a line; the right button adds." },
  { id: "add", key: "p", name: "Polygon add", hint: "Click the corners; Enter or a double click closes it, Backspace takes one back." },
  { id: "cut", key: "k", name: "Polygon cut", hint: "Click the corners; Enter or a double click closes it, Backspace takes one back." },
  { id: "hole", key: "f", name: "Fill hole", hint: "Click into a hole; with Shift, all holes are filled." },
  { id: "island", key: "i", name: "Remove island", hint: "Click an island to remove it; with Shift, it alone is kept." },
  { id: "grabcut", key: "g", name: "GrabCut box", hint: "Drag a box: what is inside is parted anew by colour, from the mask or from nothing." },
  { id: "segment", key: "s", name: "Segment box", hint: "Drag a box: the model segments it again at native resolution." },
  { id: "hull", key: "h", name: "Hull in box", hint: "Drag a box: the silhouette of the run's hull is copied into it." },
];

// Each binding: keys as shown, the action's name, what it does. The first key of `keys` is matched as well.
export const KEYS = {
  Decide: [
    ["A", "accept", "Accept, open the next"],
    ["X", "flag", "Flag or take the flag off"],
    ["N", "next", "Next view"],
    ["J", "previous", "Previous view"],
    ["Escape", "escape", "Give up a polygon; all views"],
    ["Ctrl+S", "save", "Save"],
  ],
  Change: [
    ["Ctrl+Z", "undo", "Undo"],
    ["Ctrl+Y", "redo", "Redo (also Ctrl+Shift+Z)"],
    ["[", "smaller", "Smaller brush"],
    ["]", "larger", "Larger brush"],
    ["{", "softer", "Softer brush"],
    ["}", "harder", "Harder brush"],
    ["W", "changes", "What would change in the other views"],
    ["Shift+H", "hull-whole", "Copy the whole hull silhouette"],
  ],
  Tools: TOOLS.map((tool) => [tool.key.toUpperCase(), `tool-${tool.id}`, tool.name]),
  Look: [
    ["1", "show-image", "Image"],
    ["2", "show-plate", "Plate"],
    ["3", "show-difference", "Difference"],
    ["4", "show-mask", "Mask alone"],
    ["V", "blink", "Blink image and plate"],
    ["M", "hide", "Hide or show the mask"],
    [",", "fainter", "Fainter mask"],
    [".", "stronger", "Stronger mask"],
    ["T", "style", "Tint the product or dim the rest"],
    ["+", "zoom-in", "Zoom in"],
    ["-", "zoom-out", "Zoom out"],
    ["0", "fit", "Whole picture"],
    ["9", "actual", "One pixel to one pixel"],
    ["8", "pixels", "Single pixels, at the pointer"],
    ["?", "help", "This help"],
  ],
};

const ALIASES = { "Ctrl+Shift+Z": "redo", "=": "zoom-in", PageDown: "next", PageUp: "previous" };
const ACTIONS = new Map([
  ...Object.values(KEYS).flatMap((group) => group.map(([key, action]) => [key, action])),
  ...Object.entries(ALIASES),
]);

export const singleKeys = {
  get on() {
    return localStorage.getItem("single-keys") !== "off";
  },
  set on(value) {
    localStorage.setItem("single-keys", value ? "on" : "off");
  },
};

// The action that a key press means, or undefined.
export function actionOf(event) {
  if (event.altKey) return undefined;
  const control = event.ctrlKey || event.metaKey;
  if (!control && event.key.length === 1 && !singleKeys.on) return undefined;
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const letter = name !== name.toLowerCase() && event.key.length === 1;
  return ACTIONS.get((control ? "Ctrl+" : "") + (event.shiftKey && letter ? "Shift+" : "") + name);
}

export function fillHelp(element) {
  for (const [group, bindings] of Object.entries(KEYS)) {
    const section = document.createElement("section"), title = document.createElement("h3");
    title.textContent = group;
    section.append(title);
    element.append(section);
    for (const [key, , text] of bindings) {
      const line = document.createElement("div"), kbd = document.createElement("kbd");
      kbd.textContent = key;
      line.append(text, kbd);
      section.append(line);
    }
  }
}
