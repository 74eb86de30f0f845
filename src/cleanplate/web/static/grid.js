// All views: those that contradict the others first, then by what is at stake, then the most doubtful.

import { listViews, thumbnailAddress } from "./api.js";

const LISTS = {
  todo: { name: "To do", has: (view) => view.status === "open" || view.status === "edited" },
  flagged: { name: "Flagged", has: (view) => view.status === "flagged" },
  accepted: { name: "Accepted", has: (view) => view.status === "accepted" },
  all: { name: "All", has: () => true },
};
export const STATUS = { open: "to do", edited: "edited", flagged: "flagged", accepted: "accepted" };
const BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
const POLL = 1500; // ms between looks at the ranking while the server still works on it

function firstToLook(a, b) {
  const by = (weight) => weight(b) - weight(a);
  return (
    by((view) => (view.contradicts ? 1 : 0)) || by((view) => view.stake ?? -1) || by((view) => view.doubt ?? -1) ||
    a.key.localeCompare(b.key)
  );
}

export class Grid {
  constructor(element, open) {
    this.element = element;
    this.open = open;
    this.tiles = new Map();
    this.list = "todo";
    this.views = [];
    this.buttons = element.querySelector(".segments");
    this.place = element.querySelector("#tiles");
    this.place.addEventListener("keydown", (event) => this.step(event));
  }

  async refresh() {
    const answer = await listViews();
    this.views = answer.views.sort(firstToLook);
    this.ranked = answer.ranked;
    this.show();
    clearTimeout(this.timer);
    if (!answer.ranked) this.timer = setTimeout(() => this.element.hidden || this.refresh().catch(() => {}), POLL);
  }

  get shown() {
    return this.views.filter(LISTS[this.list].has);
  }

  choose(list) {
    this.list = list;
    this.show();
  }

  show() {
    const known = this.views.filter((view) => view.doubt !== null).length;
    this.element.querySelector("#ranking").textContent = this.ranked ? "" : `Ranking ${known} of ${this.views.length}`;
    const worked = this.views.filter((view) => view.seconds > 0);
    const seconds = worked.reduce((sum, view) => sum + view.seconds, 0);
    this.element.querySelector("#total").textContent = worked.length
      ? `${(seconds / 60).toFixed(1)} min of work, ${Math.round(seconds / worked.length)} s a mask`
      : "";
    this.showLists();
    const focused = document.activeElement;
    this.place.replaceChildren(...this.shown.map((view) => this.tile(view)));
    if (this.place.contains(focused)) focused.focus();
    this.element.querySelector("#nothing").hidden = this.shown.length > 0;
  }

  showLists() {
    const focused = this.buttons.contains(document.activeElement) && document.activeElement.dataset.list;
    this.buttons.replaceChildren(
      ...Object.entries(LISTS).map(([id, list]) => {
        const button = document.createElement("button");
        button.dataset.list = id;
        button.textContent = `${list.name} ${this.views.filter(list.has).length}`;
        button.setAttribute("aria-pressed", id === this.list);
        button.addEventListener("click", () => this.choose(id));
        return button;
      }),
    );
    if (focused) this.buttons.querySelector(`[data-list="${focused}"]`).focus();
  }

  tile(view) {
    let tile = this.tiles.get(view.key);
    if (!tile) {
      tile = document.getElementById("tile").content.firstElementChild.cloneNode(true);
      tile.firstElementChild.addEventListener("click", () => this.open(view.key));
      const image = tile.querySelector("img");
      image.addEventListener("error", () => (image.src = BLANK)); // the reason tells what is wrong
      this.tiles.set(view.key, tile);
    }
    const find = (name) => tile.querySelector(name), image = find("img"), source = thumbnailAddress(view);
    if (image.getAttribute("src") !== source) image.src = source;
    find("button").dataset.key = view.key;
    find("strong").textContent = view.id;
    find(".asin").textContent = view.asin;
    find(".why").textContent = find(".why").title = view.reason || "not ranked yet";
    find(".chip").textContent = STATUS[view.status];
    find(".chip").dataset.status = view.status;
    const meter = find("meter");
    meter.value = view.doubt ?? 0;
    meter.setAttribute("aria-label", `doubt ${Math.round(100 * (view.doubt ?? 0))} of 100`);
    return tile;
  }

  // Arrow keys walk over the tiles.
  step(event) {
    const columns = getComputedStyle(this.place).gridTemplateColumns.split(" ").length;
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!move) return;
    event.preventDefault();
    const all = [...this.place.children], here = all.findIndex((tile) => tile.contains(document.activeElement));
    all[Math.min(all.length - 1, Math.max(0, here + move))]?.firstElementChild.focus();
  }

  focus(key) {
    const buttons = [...this.place.querySelectorAll("button")];
    (buttons.find((button) => button.dataset.key === key) ?? buttons[0])?.focus();
  }
}
