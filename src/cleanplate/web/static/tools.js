// Turns pointers on the stage into changes of the mask, by the tool that is chosen.

import { assist, hullSilhouette } from "./api.js";
import { union } from "./mask.js";
import { fillAllHoles, fillHole, fillPolygon, keepIsland, removeIsland, Stroke } from "./shapes.js";

const CLOSE = 10; // device pixels from the first corner that close a polygon
const BOXES = ["grabcut", "segment", "hull"];

export class Tools {
  // `host` has: stage, view, mask, changed(tool, area), say(text, bad), wait(promise).
  constructor(host) {
    this.host = host;
    this.stage = host.stage;
    this.tool = "brush";
    this.size = 24;
    this.hardness = 1;
    this.corners = [];
    this.pointer = null; // where the mouse is, in the picture
    this.touches = new Map();
    this.spaceHeld = false;
    const element = this.stage.element;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", (event) => this.up(event));
    element.addEventListener("pointerleave", () => this.leave());
    element.addEventListener("dblclick", () => this.closePolygon());
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  get paints() {
    return this.tool === "brush" || this.tool === "eraser";
  }

  choose(tool) {
    this.tool = tool;
    this.corners = [];
    this.stage.element.classList.toggle("round", this.paints);
    this.drawMarks();
  }

  reset() {
    this.corners = [];
    this.stroke = this.box = this.pan = this.lastPoint = null;
    this.queue = [];
    this.drawMarks();
  }

  // ---- pointers ----

  down(event) {
    if (!this.host.mask) return;
    this.stage.element.setPointerCapture(event.pointerId);
    const point = this.stage.toPicture(event);
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, event);
      if (this.touches.size === 2) {
        this.abandon();
        this.pinch = this.spread();
        return;
      }
      if (this.touches.size > 2) return;
    }
    if (event.button === 1 || this.spaceHeld) this.startPan(event);
    else if (this.paints) this.startStroke(event, point);
    else if (event.button === 0) this.click(event, point);
    this.pointer = point;
    this.drawMarks();
  }

  click(event, point) {
    if (BOXES.includes(this.tool)) this.box = { from: point, to: point };
    else if (this.tool === "add" || this.tool === "cut") this.addCorner(point);
    else this.clickRegion(point, event.shiftKey);
  }

  move(event) {
    if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, event);
    if (this.pinch && this.touches.size === 2) {
      this.followPinch();
      return;
    }
    this.pointer = this.stage.toPicture(event);
    if (this.pan) this.followPan(event);
    else if (this.stroke) this.followStroke(event);
    else if (this.box) this.box.to = this.pointer;
    this.host.pointed(this.pointer);
    this.requestMarks();
  }

  up(event) {
    this.touches.delete(event.pointerId);
    if (this.touches.size < 2) this.pinch = null;
    if (this.pan) this.endPan();
    else if (this.stroke) this.endStroke();
    else if (this.box) this.endBox();
    this.drawMarks();
  }

  leave() {
    this.pointer = null;
    this.host.pointed(null);
    this.drawMarks();
  }

  wheel(event) {
    event.preventDefault();
    if (!this.host.mask) return;
    const lines = event.deltaMode === 1 ? event.deltaY * 30 : event.deltaY;
    this.stage.zoomTo(this.stage.zoom * Math.exp(-lines / 400), this.deviceOf(event));
  }

  deviceOf(event) {
    return this.stage.toDevice(this.stage.toPicture(event));
  }

  // A second finger turns painting into zooming: what the first one began is taken back.
  abandon() {
    if (this.stroke) this.stage.refresh(this.host.mask.revert(this.stroke.end()));
    this.stroke = this.box = null;
  }

  spread() {
    const [a, b] = [...this.touches.values()].map((event) => this.deviceOf(event));
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  }

  followPinch() {
    const now = this.spread(), { offset } = this.stage;
    this.stage.panTo(offset.x + now.x - this.pinch.x, offset.y + now.y - this.pinch.y);
    this.stage.zoomTo((this.stage.zoom * now.distance) / this.pinch.distance, now);
    this.pinch = now;
  }

  startPan(event) {
    const device = this.deviceOf(event), { offset } = this.stage;
    this.pan = { x: device.x - offset.x, y: device.y - offset.y };
    this.stage.element.classList.add("panning");
  }

  followPan(event) {
    const device = this.deviceOf(event);
    this.stage.panTo(device.x - this.pan.x, device.y - this.pan.y);
  }

  endPan() {
    this.pan = null;
    this.stage.element.classList.remove("panning");
  }

  // ---- brush and eraser ----

  startStroke(event, point) {
    const value = (this.tool === "brush") !== (event.button === 2) ? 1 : 0;
    this.stroke = new Stroke(this.host.mask, value, this.size, this.hardness);
    this.queue = event.shiftKey && this.lastPoint ? [this.lastPoint, point] : [point];
    this.since = event.timeStamp;
    this.requestPaint();
  }

  followStroke(event) {
    this.since ??= event.timeStamp;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const part of events.length ? events : [event]) this.queue.push(this.stage.toPicture(part));
    this.requestPaint();
  }

  requestPaint() {
    this.painting ??= requestAnimationFrame(() => {
      this.painting = null;
      this.paint();
    });
  }

  paint() {
    if (!this.stroke) return;
    const begin = performance.now();
    let touched = null;
    for (const point of this.queue) touched = union(touched, this.stroke.to(point.x, point.y));
    if (this.queue.length) this.lastPoint = this.queue.at(-1);
    this.queue = [];
    this.stage.refresh(touched);
    performance.measure("brush", { start: begin });
    if (this.since) performance.measure("stroke", { start: this.since }); // from the hand's movement
    this.since = null;
  }

  endStroke() {
    this.paint();
    const area = this.host.mask.commit(this.stroke.end());
    const tool = this.stroke.value ? "brush" : "eraser";
    this.stroke = null;
    if (area) this.host.changed(tool, null);
  }

  // ---- polygons ----

  addCorner(point) {
    const [first] = this.corners;
    if (first && this.corners.length > 2) {
      const a = this.stage.toDevice(first), b = this.stage.toDevice(point);
      if (Math.hypot(a.x - b.x, a.y - b.y) < CLOSE * (window.devicePixelRatio || 1)) {
        this.closePolygon();
        return;
      }
    }
    this.corners.push(point);
  }

  dropCorner() {
    this.corners.pop();
    this.drawMarks();
  }

  // Escape: returns whether there was anything to give up.
  giveUp() {
    const any = this.corners.length > 0 || this.stroke || this.box;
    this.abandon();
    this.corners = [];
    this.drawMarks();
    return Boolean(any);
  }

  closePolygon() {
    if (this.corners.length < 3) return;
    const rect = fillPolygon(this.host.mask, this.corners, this.tool === "add" ? 1 : 0);
    const tool = this.tool === "add" ? "polygon add" : "polygon cut";
    this.corners = [];
    const area = this.host.mask.commit(rect);
    if (area) this.host.changed(tool, area);
    this.drawMarks();
  }

  // ---- holes and islands ----

  clickRegion(point, all) {
    const { mask } = this.host, x = Math.floor(point.x), y = Math.floor(point.y);
    if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) return;
    const [work, name, failure] =
      this.tool === "hole"
        ? [all ? fillAllHoles : fillHole, "fill hole", "That is no hole: it is foreground, or open to the picture's border."]
        : [all ? keepIsland : removeIsland, "remove island", "There is no foreground at that point."];
    const touched = work(mask, x, y);
    const area = touched && mask.commit(touched);
    if (area) this.host.changed(name, area);
    else this.host.say(touched ? "Nothing to change." : failure, !touched);
  }

  // ---- boxes ----

  endBox() {
    const { from, to } = this.box, { mask } = this.host;
    this.box = null;
    const limit = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
    const box = {
      left: limit(Math.min(from.x, to.x), mask.width),
      top: limit(Math.min(from.y, to.y), mask.height),
      right: limit(Math.max(from.x, to.x), mask.width),
      bottom: limit(Math.max(from.y, to.y), mask.height),
    };
    if (box.right - box.left < 2 || box.bottom - box.top < 2) this.host.say("Drag a box around the place.");
    else this.runBox(this.tool, box);
  }

  async runBox(tool, box) {
    const { view, mask } = this.host;
    const work = tool === "hull" ? this.hullIn(box) : assist(view, tool, box, mask.pixels);
    const pixels = await this.host.wait(work, tool);
    if (!pixels || this.host.mask !== mask) return; // refused, or another view was opened meanwhile
    const area = mask.paste(box, pixels);
    if (area) this.host.changed(tool, area);
    else this.host.say("Nothing changed in that box.");
  }

  async hullIn(box) {
    const { view, mask } = this.host;
    const whole = await hullSilhouette(view);
    const pixels = new Uint8Array((box.right - box.left) * (box.bottom - box.top));
    mask.eachRow(box, (start, end, k) => pixels.set(whole.subarray(start, end), k));
    return pixels;
  }

  // ---- what is drawn above the picture ----

  requestMarks() {
    this.marking ??= requestAnimationFrame(() => {
      this.marking = null;
      this.drawMarks();
    });
  }

  drawMarks() {
    this.stage.clearMarks();
    if (!this.host.mask) return;
    const device = (point) => this.stage.toDevice(point);
    if (this.box) {
      const a = device(this.box.from), b = device(this.box.to), path = new Path2D();
      path.rect(a.x, a.y, b.x - a.x, b.y - a.y);
      this.stage.strokeMarks(path, true);
    }
    if (this.corners.length) this.drawPolygon(device);
    if (this.paints && this.pointer && !this.pan) {
      const centre = device(this.pointer), path = new Path2D();
      path.arc(centre.x, centre.y, Math.max(2, (this.size / 2) * this.stage.zoom), 0, 7);
      if (this.hardness < 1) {
        const core = (this.size / 2) * this.hardness * this.stage.zoom;
        path.moveTo(centre.x + core, centre.y);
        path.arc(centre.x, centre.y, core, 0, 7);
      }
      this.stage.strokeMarks(path);
    }
  }

  drawPolygon(device) {
    const points = this.corners.map(device), path = new Path2D(), handle = 4 * (window.devicePixelRatio || 1);
    points.forEach((point, i) => (i ? path.lineTo(point.x, point.y) : path.moveTo(point.x, point.y)));
    if (this.pointer) {
      const end = device(this.pointer);
      path.lineTo(end.x, end.y);
    }
    for (const { x, y } of points) path.rect(x - handle / 2, y - handle / 2, handle, handle);
    this.stage.strokeMarks(path);
  }
}
