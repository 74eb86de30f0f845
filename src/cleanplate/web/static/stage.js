// The drawing surface: picture, mask overlay and marks on three canvases above each other. Units are device pixels:
// zoom 1 shows one picture pixel per device pixel. A brush frame redraws only the overlay's touched part.

import { clip } from "./mask.js";

const TILE = 512; // a browser uploads a canvas to the graphics card as a whole, so a stroke must change small ones

// Little-endian RGBA of foreground, background and contour.
const rgba = (r, g, b, alpha) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
const PINK = [255, 0, 170];
const STYLES = {
  tint: (alpha) => ({ inside: rgba(...PINK, alpha), outside: 0, edge: rgba(...PINK, 255) }),
  dim: (alpha) => ({ inside: 0, outside: rgba(0, 0, 0, alpha), edge: rgba(...PINK, 255) }),
  alone: () => ({ inside: rgba(255, 255, 255, 255), outside: rgba(0, 0, 0, 255), edge: rgba(255, 255, 255, 255) }),
  hidden: () => ({ inside: 0, outside: 0, edge: 0 }),
};
const MIN_VISIBLE = 40; // device pixels of the picture that never leave the stage
export const MAX_ZOOM = 64;

export class Stage {
  constructor(element) {
    this.element = element;
    [this.base, this.overlay, this.marks] = element.querySelectorAll("canvas");
    this.base2d = this.base.getContext("2d", { alpha: false });
    this.overlay2d = this.overlay.getContext("2d");
    this.marks2d = this.marks.getContext("2d");
    this.picture = null;
    this.mask = null;
    this.tiles = [];
    this.opacity = 0.4;
    this.style = "tint";
    this.zoom = 1;
    this.offset = { x: 0, y: 0 };
    this.fitted = true;
    new ResizeObserver(() => this.resize()).observe(element);
  }

  setMask(mask) {
    const same = this.mask && this.mask.width === mask.width && this.mask.height === mask.height;
    this.mask = mask;
    this.paintAll();
    if (!same || this.fitted) this.fit();
  }

  setPicture(picture) {
    this.picture = picture;
    this.draw();
  }

  resize() {
    const scale = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.element.clientWidth * scale));
    const height = Math.max(1, Math.round(this.element.clientHeight * scale));
    if (width === this.base.width && height === this.base.height) return;
    for (const canvas of [this.base, this.overlay, this.marks]) Object.assign(canvas, { width, height });
    if (this.fitted) this.fit();
    else this.draw();
  }

  // ---- where things are ----

  toPicture(event) {
    const box = this.element.getBoundingClientRect(), scale = this.base.width / box.width;
    return {
      x: ((event.clientX - box.left) * scale - this.offset.x) / this.zoom,
      y: ((event.clientY - box.top) * scale - this.offset.y) / this.zoom,
    };
  }

  toDevice(point) {
    return { x: point.x * this.zoom + this.offset.x, y: point.y * this.zoom + this.offset.y };
  }

  fit() {
    if (!this.mask) return;
    const { width, height } = this.mask;
    this.zoom = Math.min(this.base.width / width, this.base.height / height) * 0.98;
    this.offset = { x: (this.base.width - width * this.zoom) / 2, y: (this.base.height - height * this.zoom) / 2 };
    this.fitted = true;
    this.draw();
  }

  // Zoom so that the picture's point under `device` stays there; the stage's middle by default.
  zoomTo(zoom, device = { x: this.base.width / 2, y: this.base.height / 2 }) {
    const next = Math.min(MAX_ZOOM, Math.max(0.02, zoom));
    const ratio = next / this.zoom;
    this.zoom = next;
    this.panTo(device.x - (device.x - this.offset.x) * ratio, device.y - (device.y - this.offset.y) * ratio);
  }

  panTo(x, y) {
    const { width, height } = this.mask;
    this.offset = {
      x: Math.min(this.base.width - MIN_VISIBLE, Math.max(MIN_VISIBLE - width * this.zoom, x)),
      y: Math.min(this.base.height - MIN_VISIBLE, Math.max(MIN_VISIBLE - height * this.zoom, y)),
    };
    this.fitted = false;
    this.draw();
  }

  // ---- the mask's overlay ----

  setOverlay(opacity, style) {
    this.opacity = opacity;
    this.style = style;
    if (!this.mask) return;
    this.paintAll();
    this.drawOverlay();
  }

  paintAll() {
    const { width, height } = this.mask;
    const columns = Math.ceil(width / TILE), rows = Math.ceil(height / TILE);
    if (this.tiles.length !== columns * rows || this.columns !== columns) {
      this.columns = columns;
      this.tiles = Array.from({ length: columns * rows }, (_, i) => {
        const left = (i % columns) * TILE, top = Math.floor(i / columns) * TILE;
        const canvas = document.createElement("canvas");
        canvas.width = Math.min(TILE, width - left);
        canvas.height = Math.min(TILE, height - top);
        return { left, top, right: left + canvas.width, bottom: top + canvas.height, canvas };
      });
      for (const tile of this.tiles) tile.context = tile.canvas.getContext("2d", { willReadFrequently: true });
    }
    this.paint(this.mask.whole);
  }

  // Bring the overlay's tiles up to date where the mask changed; the contour reaches one pixel further.
  paint(rect) {
    const area = clip(
      { left: rect.left - 1, top: rect.top - 1, right: rect.right + 1, bottom: rect.bottom + 1 },
      this.mask.width,
      this.mask.height,
    );
    if (!area) return;
    for (const tile of this.tiles) {
      const part = {
        left: Math.max(area.left, tile.left),
        top: Math.max(area.top, tile.top),
        right: Math.min(area.right, tile.right),
        bottom: Math.min(area.bottom, tile.bottom),
      };
      if (part.left >= part.right || part.top >= part.bottom) continue;
      const image = tile.context.createImageData(part.right - part.left, part.bottom - part.top);
      this.colour(new Uint32Array(image.data.buffer), part);
      tile.context.putImageData(image, part.left - tile.left, part.top - tile.top);
    }
  }

  colour(out, part) {
    const { pixels, width, height } = this.mask;
    const { inside, outside, edge } = STYLES[this.style](Math.round(this.opacity * 255));
    this.mask.eachRow(part, (start, end, k) => {
      const y = Math.floor(start / width), first = y * width, last = first + width - 1;
      const above = y > 0 ? width : 0, below = y < height - 1 ? width : 0;
      for (let i = start; i < end; i++, k++) {
        if (!pixels[i]) {
          out[k] = outside;
          continue;
        }
        const within =
          pixels[i - above] & pixels[i + below] & pixels[i > first ? i - 1 : i] & pixels[i < last ? i + 1 : i];
        out[k] = within ? inside : edge;
      }
    });
  }

  // ---- drawing ----

  draw() {
    const context = this.base2d, { width, height } = this.base;
    context.fillStyle = "#55585c";
    context.fillRect(0, 0, width, height);
    if (this.mask) {
      const place = this.place(this.mask.whole);
      context.imageSmoothingEnabled = this.zoom < 1;
      if (this.picture) context.drawImage(this.picture, place.x, place.y, place.width, place.height);
      else context.strokeRect(place.x, place.y, place.width, place.height);
    }
    this.drawOverlay();
    this.onDraw?.();
  }

  // Whole device pixels, so that tiles meet without seams.
  place(rect) {
    const from = this.toDevice({ x: rect.left, y: rect.top }), to = this.toDevice({ x: rect.right, y: rect.bottom });
    const x = Math.round(from.x), y = Math.round(from.y);
    return { x, y, width: Math.round(to.x) - x, height: Math.round(to.y) - y };
  }

  drawOverlay(rect) {
    const context = this.overlay2d;
    if (!this.mask) return;
    context.save();
    let area = { x: 0, y: 0, width: this.overlay.width, height: this.overlay.height };
    if (rect) {
      const margin = 1 + 1 / this.zoom;
      area = this.place({
        left: rect.left - margin,
        top: rect.top - margin,
        right: rect.right + margin,
        bottom: rect.bottom + margin,
      });
      context.beginPath();
      context.rect(area.x, area.y, area.width, area.height);
      context.clip();
    }
    context.clearRect(area.x, area.y, area.width, area.height);
    context.imageSmoothingEnabled = this.zoom < 1;
    for (const tile of this.tiles) {
      const { x, y, width, height } = this.place(tile);
      const apart =
        x >= area.x + area.width || y >= area.y + area.height || x + width <= area.x || y + height <= area.y;
      if (!apart) context.drawImage(tile.canvas, x, y, width, height);
    }
    context.restore();
  }

  // Repaint and redraw what a tool touched.
  refresh(rect) {
    if (!rect) return;
    this.paint(rect);
    this.drawOverlay(rect);
  }

  // ---- marks: brush circle, box, polygon ----

  clearMarks() {
    this.marks2d.clearRect(0, 0, this.marks.width, this.marks.height);
    // Chromium goes on showing what a canvas held before it was only cleared: draw something that nobody sees.
    this.marks2d.fillStyle = "rgb(0 0 0 / 0.01)";
    this.marks2d.fillRect(0, 0, 1, 1);
  }

  // Draw a path twice, dark and light, so that it shows on every picture.
  strokeMarks(path, dashed = false) {
    const context = this.marks2d, scale = window.devicePixelRatio || 1;
    context.setLineDash(dashed ? [6 * scale, 4 * scale] : []);
    for (const [style, width] of [["rgb(0 0 0 / 0.75)", 3], ["#fff", 1.25]]) {
      context.strokeStyle = style;
      context.lineWidth = width * scale;
      context.stroke(path);
    }
  }
}
