// The page: which view is open, and what buttons and keys do.

import { pictureAddress } from "./api.js";
import { clearChanges, showChanges } from "./changes.js";
import { Editor } from "./editor.js";
import { Grid, STATUS } from "./grid.js";
import { actionOf, fillHelp, singleKeys, TOOLS } from "./keys.js";

const $ = (id) => document.getElementById(id);
const MESSAGE_TIME = 5000;

const grid = new Grid($("grid"), (key) => go(key));
const editor = new Editor($("editor"), say);
let order = []; // the views as the grid listed them when one was opened

function say(text, bad = false) {
  clearTimeout(say.timer);
  $("message").textContent = text;
  $("message").classList.toggle("bad", bad);
  if (text) say.timer = setTimeout(() => ($("message").textContent = ""), MESSAGE_TIME * (bad ? 2 : 1));
}

// ---- which view is open: its key is the address's fragment ----

function go(key) {
  if (key && !order.some((view) => view.key === key)) order = grid.shown;
  location.hash = key ? `#${encodeURIComponent(key)}` : "";
}

async function route() {
  const key = decodeURIComponent(location.hash.slice(1));
  const last = editor.view;
  if (last && last.key === key) return;
  if (last && editor.mask && !editor.mask.isSaved && !(await editor.save())) {
    history.replaceState(null, "", `#${encodeURIComponent(last.key)}`);
    return;
  }
  const view = grid.views.find((candidate) => candidate.key === key);
  try {
    await (view ? showEditor(view) : showGrid(last?.key));
  } catch (error) {
    say(error.message, true);
  }
}

async function showGrid(lastKey) {
  editor.close();
  order = [];
  $("editor").hidden = true;
  $("grid").hidden = false;
  document.title = "Review masks - cleanplate";
  await grid.refresh();
  if (lastKey) grid.focus(lastKey);
}

async function showEditor(view) {
  if (!order.includes(view)) order = grid.shown.includes(view) ? grid.shown : grid.views;
  $("grid").hidden = true;
  $("editor").hidden = false;
  document.title = `${view.id} - cleanplate`;
  $("name").textContent = `${view.asin} / ${view.id}`;
  $("doubt").textContent = $("doubt").title = view.reason;
  $("position").textContent = `${order.indexOf(view) + 1} of ${order.length}`;
  $("stage").focus({ preventScroll: true });
  $("trouble").hidden = true;
  $("status").textContent = STATUS[view.status];
  $("status").dataset.status = view.status;
  $("saved").textContent = "";
  $("neighbours").hidden = !view.neighbours;
  clearChanges($("neighbours"));
  try {
    await editor.open(view);
  } catch (error) {
    if (editor.view !== view) return;
    $("trouble").textContent = `${error.message}. Go on with the next view (N).`;
    $("trouble").hidden = false;
  }
  const next = order[order.indexOf(view) + 1];
  if (next) new Image().src = pictureAddress(next, "image"); // so that the next one is there at once
}

function step(by) {
  const next = order[order.indexOf(editor.view) + by];
  if (next) go(next.key);
  else say(by > 0 ? "That was the last one." : "This is the first one.");
}

// ---- actions ----

async function decide(action) {
  const { view } = editor;
  if (!(await editor.mark(action)) || action === "reopen") return;
  const open = (candidate) => candidate.status === "open" || candidate.status === "edited";
  const here = order.indexOf(view);
  const next = order.slice(here + 1).find(open) ?? order.slice(0, here).find(open);
  if (next) go(next.key);
  else {
    say(`Done: all ${order.length} views of this list are decided.`);
    go("");
  }
}

function scaleBrush(factor) {
  const { size } = editor.tools;
  setBrush(factor > 1 ? Math.max(size + 1, Math.round(size * factor)) : Math.min(size - 1, Math.round(size * factor)));
}

function setBrush(size, hardness = editor.tools.hardness) {
  editor.tools.size = Math.min(1000, Math.max(1, size));
  editor.tools.hardness = Math.min(1, Math.max(0, hardness));
  update();
  editor.tools.drawMarks();
}

const softer = (by) => setBrush(editor.tools.size, Math.round((editor.tools.hardness + by) * 10) / 10);
const opaquer = (by) => editor.setOverlay({ opacity: Math.min(1, Math.max(0, editor.overlay.opacity + by)), hidden: false });
const zoomBy = (factor) => editor.stage.zoomTo(editor.stage.zoom * factor);

function zoomToPixels() {
  const { stage, tools } = editor;
  stage.zoomTo(24, tools.pointer ? stage.toDevice(tools.pointer) : undefined);
}

const ACTIONS = {
  grid: () => go(""),
  escape: () => editor.tools.giveUp() || go(""),
  help: () => $("help").showModal(),
  accept: () => decide("accept"),
  flag: () => decide(editor.view.status === "flagged" ? "reopen" : "flag"),
  next: () => step(1),
  previous: () => step(-1),
  save: async () => (await editor.save()) && say("Saved."),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  smaller: () => scaleBrush(1 / 1.2),
  larger: () => scaleBrush(1.2),
  softer: () => softer(-0.1),
  harder: () => softer(0.1),
  fainter: () => opaquer(-0.1),
  stronger: () => opaquer(0.1),
  blink: () => editor.toggleBlink(),
  hide: () => editor.setOverlay({ hidden: !editor.overlay.hidden }),
  style: () => editor.setOverlay({ style: editor.overlay.style === "tint" ? "dim" : "tint", hidden: false }),
  "zoom-in": () => zoomBy(1.4),
  "zoom-out": () => zoomBy(1 / 1.4),
  fit: () => editor.stage.fit(),
  actual: () => editor.stage.zoomTo(1),
  pixels: zoomToPixels,
  changes: () =>
    editor.view.neighbours
      ? showChanges($("neighbours"), editor, go)
      : say("Views refine each other in runs, and with poses: run 'cleanplate run' first.", true),
  "hull-whole": () => (editor.view.hull ? editor.copyHull() : say("There is no hull: run 'cleanplate run' first.", true)),
};
for (const what of Object.keys(Editor.names)) ACTIONS[`show-${what}`] = () => editor.show(what);
for (const { id } of TOOLS) ACTIONS[`tool-${id}`] = () => chooseTool(id);

function chooseTool(id) {
  if (id === "hull" && !editor.view.hull) {
    say("There is no hull: run 'cleanplate run' first.", true);
    return;
  }
  editor.tools.choose(id);
  update();
}

async function act(name) {
  if (!["help", "escape", "grid", "next", "previous"].includes(name) && !editor.mask) return;
  try {
    await ACTIONS[name]();
  } catch (error) {
    say(error.message, true);
  }
}

// ---- keyboard ----

function onKeyDown(event) {
  if (document.querySelector("dialog[open]")) return;
  const action = actionOf(event);
  if (!editor.view) {
    if (action === "help") act("help");
    return;
  }
  editor.active();
  const { target } = event;
  if (event.key === " " && !target.closest("button, input")) {
    editor.tools.spaceHeld = true;
    event.preventDefault();
  } else if (event.key === "Enter" && editor.tools.corners.length && !target.closest("button")) editor.tools.closePolygon();
  else if (event.key === "Backspace" && editor.tools.corners.length) editor.tools.dropCorner();
  else if (action) {
    event.preventDefault();
    act(action);
  }
}

function onKeyUp(event) {
  if (event.key === " ") editor.tools.spaceHeld = false;
}

// ---- what the controls show ----

const sizeOf = (slider) => Math.round(10 ** (slider * 0.03)); // 1 to 1000, finer where small
const sliderOf = (size) => Math.log10(size) / 0.03;

function press(element, pressed) {
  element.setAttribute("aria-pressed", pressed);
}

function update() {
  const { view, mask, tools, overlay } = editor;
  if (!view || !mask) return;
  $("status").textContent = editor.statusName;
  $("status").dataset.status = mask.isSaved ? view.status : "edited";
  $("saved").textContent = mask.isSaved ? (view.sha256 === "none" ? "no mask yet" : "saved") : "not saved";
  for (const button of document.querySelectorAll("#tools [data-tool]")) press(button, button.dataset.tool === tools.tool);
  for (const button of document.querySelectorAll("#show button")) {
    press(button, button.dataset.show === editor.shown && !editor.blinking);
    button.disabled = !editor.canShow(button.dataset.show);
  }
  for (const button of document.querySelectorAll("#style button")) press(button, button.dataset.style === overlay.style);
  press($("blink"), Boolean(editor.blinking));
  $("blink").disabled = !editor.canShow("plate");
  press($("hide"), overlay.hidden);
  $("opacity").value = Math.round(overlay.opacity * 100);
  $("opacity-value").textContent = `${Math.round(overlay.opacity * 100)} %`;
  $("brush-settings").hidden = !tools.paints;
  $("size").value = sliderOf(tools.size);
  $("size").setAttribute("aria-valuetext", `${tools.size} pixels`);
  $("size-value").textContent = `${tools.size} px`;
  $("hardness").value = Math.round(tools.hardness * 100);
  $("hardness-value").textContent = `${Math.round(tools.hardness * 100)} %`;
  document.querySelector("#tools [data-action=undo]").disabled = !mask.done.length;
  document.querySelector("#tools [data-action=redo]").disabled = !mask.undone.length;
  document.querySelector("#tools [data-tool=hull]").disabled = !view.hull;
  document.querySelector(".bar [data-action=flag]").firstChild.textContent = view.status === "flagged" ? "Unflag " : "Flag ";
  $("hint").textContent = TOOLS.find((tool) => tool.id === tools.tool).hint;
}

function showVersions() {
  const oldest = editor.versions.at(-1)?.before;
  const versions = editor.versions.map((version) => ({ ...version, text: describe(version) }));
  if (oldest) versions.push({ sha256: oldest, text: "as it came" });
  $("versions").replaceChildren(
    ...versions.map(({ sha256, text }) => {
      const item = document.createElement("li"), button = document.createElement("button");
      button.textContent = sha256 === editor.sha256 ? `${text} (now)` : text;
      button.dataset.sha256 = sha256;
      button.addEventListener("click", () => editor.restore(sha256));
      item.append(button);
      return item;
    }),
  );
  if (!versions.length) $("versions").textContent = "None: this mask was not changed here.";
}

function describe({ when, who, tools }) {
  const time = new Date(when).toLocaleString([], { dateStyle: "short", timeStyle: "medium" });
  const used = Object.entries(tools).map(([tool, times]) => (times > 1 ? `${tool} x${times}` : tool));
  return `${time}, ${who}${used.length ? `: ${used.join(", ")}` : ""}`;
}

// ---- building the page ----

function segment(place, entries, attribute, choose) {
  place.replaceChildren(
    ...Object.entries(entries).map(([id, name]) => {
      const button = document.createElement("button");
      button.textContent = name;
      button.dataset[attribute] = id;
      button.addEventListener("click", () => choose(id));
      return button;
    }),
  );
}

function build() {
  for (const { id, key, name, hint } of TOOLS) {
    const button = document.createElement("button");
    button.innerHTML = `<svg aria-hidden="true"><use href="#icon-${id}"/></svg><span>${name}</span><kbd>${key.toUpperCase()}</kbd>`;
    button.dataset.tool = id;
    button.title = hint;
    button.addEventListener("click", () => act(`tool-${id}`));
    $("tools").querySelector("[data-action=undo]").before(button);
  }
  segment($("show"), Editor.names, "show", (what) => act(`show-${what}`));
  segment($("style"), { tint: "Tint product", dim: "Dim the rest" }, "style", (style) => editor.setOverlay({ style, hidden: false }));
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", () => act(button.dataset.action));
  }
  $("blink").addEventListener("click", () => act("blink"));
  $("hide").addEventListener("click", () => act("hide"));
  $("opacity").addEventListener("input", (event) => editor.setOverlay({ opacity: event.target.value / 100, hidden: false }));
  $("size").addEventListener("input", (event) => setBrush(sizeOf(event.target.value)));
  $("hardness").addEventListener("input", (event) => setBrush(editor.tools.size, event.target.value / 100));
  $("single-keys").checked = singleKeys.on;
  $("single-keys").addEventListener("change", (event) => (singleKeys.on = event.target.checked));
  fillHelp($("keys"));
  editor.onUpdate = update;
  editor.onVersions = showVersions;
  editor.onPoint = (point) => {
    $("place").textContent = point ? `${Math.floor(point.x)}, ${Math.floor(point.y)}` : "";
  };
  const drawn = editor.stage.onDraw;
  editor.stage.onDraw = () => {
    drawn();
    $("zoom-value").textContent = `${Math.round(editor.stage.zoom * 100)} %`;
  };
  editor.askConflict = () =>
    new Promise((decided) => {
      const dialog = $("conflict");
      dialog.returnValue = "";
      dialog.addEventListener("close", () => decided(dialog.returnValue), { once: true });
      dialog.showModal();
    });
  editor.tools.choose("brush");
}

window.review = { editor, grid }; // for tests, benchmarks and the curious
build();
document.addEventListener("keydown", onKeyDown);
document.addEventListener("keyup", onKeyUp);
window.addEventListener("hashchange", route);
window.addEventListener("beforeunload", (event) => {
  if (editor.mask && !editor.mask.isSaved) event.preventDefault();
});
history.replaceState(null, "", location.pathname + location.hash); // the token need not stay in the address
try {
  await grid.refresh();
  await route();
} catch (error) {
  say(error.message, true);
}
