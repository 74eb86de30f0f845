// One view under review: its pictures, its mask, saving and judging.

import * as api from "./api.js";
import { Mask } from "./mask.js";
import { STATUS } from "./grid.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";

const BLINK = 500; // ms: slow enough to be no flashing
const IDLE = 10; // seconds after the last action that still count as work
const GAIN = 4; // how much the difference is brightened
const SHOWN = { image: "Image", plate: "Plate", difference: "Diff", mask: "Mask" };

export class Editor {
  constructor(element, say) {
    this.element = element;
    this.say = say;
    this.stage = new Stage(element.querySelector("#stage"));
    this.tools = new Tools(this);
    this.stage.onDraw = () => this.tools.drawMarks();
    this.shown = "image";
    this.overlay = { opacity: 0.4, style: "tint", hidden: false };
    this.waiting = 0;
  }

  // ---- opening ----

  async open(view) {
    this.view = view;
    this.mask = null;
    this.pictures = {};
    this.versions = [];
    this.edit = { seconds: 0, tools: {} };
    this.lastActive = performance.now();
    performance.clearMeasures(); // a day's work would pile up
    this.stopBlink();
    this.tools.reset();
    this.stage.element.setAttribute("aria-busy", "true");
    const [image, plate, mask] = await Promise.all([
      api.loadPicture(view, "image"),
      view.plate ? api.loadPicture(view, "plate") : null,
      api.loadMask(view),
    ]);
    if (this.view !== view) return;
    this.pictures = { image, plate };
    this.sha256 = mask.sha256;
    this.mask = new Mask(view.width, view.height, mask.pixels);
    this.stage.fitted = true;
    this.stage.picture = null;
    this.stage.mask = null;
    this.stage.resize(); // the page may have been shown just now
    this.applyOverlay();
    this.stage.setMask(this.mask);
    this.show(this.shown);
    this.stage.element.setAttribute("aria-busy", "false");
    await this.listVersions();
  }

  close() {
    this.stopBlink();
    this.view = this.mask = null;
  }

  async listVersions() {
    const view = this.view;
    const versions = await api.listVersions(view);
    if (this.view !== view) return;
    this.versions = versions;
    this.onVersions?.();
  }

  // ---- what is shown ----

  show(what) {
    if (!this.canShow(what)) {
      this.say("This capture has no plate.", true);
      what = "image";
    }
    this.stopBlink();
    this.shown = what;
    this.applyOverlay();
    this.stage.setPicture(what === "difference" ? this.difference() : this.pictures[what === "plate" ? "plate" : "image"]);
    this.update();
  }

  canShow(what) {
    return what === "image" || what === "mask" || Boolean(this.pictures.plate);
  }

  static get names() {
    return SHOWN;
  }

  difference() {
    if (this.pictures.difference) return this.pictures.difference;
    const { image, plate } = this.pictures, canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    context.globalCompositeOperation = "difference";
    context.drawImage(plate, 0, 0, image.width, image.height);
    context.globalCompositeOperation = "lighter";
    for (let gain = 1; gain < GAIN; gain *= 2) context.drawImage(canvas, 0, 0);
    this.pictures.difference = canvas;
    return canvas;
  }

  toggleBlink() {
    if (this.blinking) {
      this.show("image");
      return;
    }
    if (!this.canShow("plate")) {
      this.say("This capture has no plate.", true);
      return;
    }
    this.show("image");
    let plate = false;
    this.blinking = setInterval(() => {
      plate = !plate;
      this.stage.setPicture(this.pictures[plate ? "plate" : "image"]);
    }, BLINK);
    this.update();
  }

  stopBlink() {
    clearInterval(this.blinking);
    this.blinking = null;
  }

  setOverlay(changes) {
    Object.assign(this.overlay, changes);
    this.applyOverlay();
    this.update();
  }

  applyOverlay() {
    const { opacity, style, hidden } = this.overlay;
    this.stage.setOverlay(opacity, this.shown === "mask" ? "alone" : hidden ? "hidden" : style);
  }

  pointed(point) {
    this.active();
    this.onPoint?.(point);
  }

  update() {
    this.onUpdate?.();
  }

  get statusName() {
    return STATUS[this.mask && !this.mask.isSaved ? "edited" : this.view.status];
  }

  // ---- changing ----

  // Count the time since the last sign of life as work, unless it was a pause.
  active() {
    const now = performance.now();
    this.edit.seconds += Math.min(IDLE, (now - this.lastActive) / 1000);
    this.lastActive = now;
  }

  // A tool has made a step; `area` is what is still to be drawn.
  changed(tool, area) {
    this.edit.tools[tool] = (this.edit.tools[tool] ?? 0) + 1;
    this.stage.refresh(area);
    this.active();
    this.update();
  }

  undo() {
    this.travel(this.mask?.undo(), "Nothing to undo.");
  }

  redo() {
    this.travel(this.mask?.redo(), "Nothing to redo.");
  }

  travel(area, none) {
    if (!area) this.say(none);
    this.stage.refresh(area);
    this.update();
  }

  async restore(sha256) {
    const mask = this.mask;
    const pixels = await this.wait(api.loadVersion(this.view, sha256), "earlier mask");
    if (!pixels || this.mask !== mask) return;
    const area = mask.paste(mask.whole, pixels);
    if (area) this.changed("restore", area);
    else this.say("That is the mask you see.");
  }

  async copyHull() {
    await this.tools.runBox("hull", this.mask.whole);
  }

  // Show that the server works; a refusal is told and becomes undefined.
  async wait(promise, what) {
    this.waiting += 1;
    this.stage.element.classList.add("waiting");
    this.say(`Working: ${what} ...`);
    try {
      const result = await promise;
      this.say("");
      return result;
    } catch (error) {
      this.say(error.message, true);
      return undefined;
    } finally {
      this.waiting -= 1;
      this.stage.element.classList.toggle("waiting", this.waiting > 0);
    }
  }

  // ---- saving ----

  takeEdit() {
    this.active();
    const edit = { seconds: Math.min(86400, this.edit.seconds), tools: this.edit.tools };
    this.edit = { seconds: 0, tools: {} };
    return edit;
  }

  giveBack(edit) {
    this.edit.seconds += edit.seconds;
    for (const [tool, times] of Object.entries(edit.tools)) this.edit.tools[tool] = (this.edit.tools[tool] ?? 0) + times;
  }

  // Returns whether the mask on the server is now the one that is shown. One save at a time: the next waits.
  save() {
    this.saving = (this.saving ?? Promise.resolve()).then(() => this.saveNow());
    return this.saving;
  }

  async saveNow() {
    const { view, mask } = this;
    if (!mask) return false;
    if (mask.isSaved) return true;
    const top = mask.top, edit = this.takeEdit(), begin = performance.now();
    try {
      this.sha256 = await api.saveMask(view, mask.pixels, this.sha256, edit);
    } catch (error) {
      this.giveBack(edit);
      if (error.status === 409) return this.resolve(error.current);
      this.say(`Not saved: ${error.message}`, true);
      return false;
    }
    performance.measure("save", { start: begin });
    mask.saved = top;
    Object.assign(view, { sha256: this.sha256, status: "edited" });
    this.update();
    this.listVersions().catch(() => {});
    return true;
  }

  // Another mask was saved meanwhile: the person decides.
  async resolve(current) {
    const choice = await this.askConflict();
    if (choice === "mine") {
      this.sha256 = current;
      return this.saveNow();
    }
    if (choice === "theirs") {
      const theirs = await this.wait(api.loadMask(this.view), "their mask");
      if (!theirs) return false;
      this.sha256 = theirs.sha256;
      this.stage.refresh(this.mask.paste(this.mask.whole, theirs.pixels));
      this.mask.saved = this.mask.top;
      this.update();
    }
    return false;
  }

  // Returns whether the judgement was recorded.
  async mark(action) {
    if (!this.mask || !(await this.save())) return false;
    const { view } = this, edit = this.takeEdit();
    try {
      await api.mark(view, action, this.sha256, edit);
    } catch (error) {
      this.giveBack(edit);
      const reason = error.status === 409 ? "somebody changed this mask; open the view again" : error.message;
      this.say(`Not recorded: ${reason}`, true);
      return false;
    }
    view.status = { accept: "accepted", flag: "flagged", reopen: "open" }[action];
    this.update();
    return true;
  }
}
