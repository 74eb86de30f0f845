// A mask (one byte a pixel, 0 or 1) with its undo history. Every change names the rectangle that it touched, so that
// nothing ever walks over all pixels while a brush moves. Rectangles are {left, top, right, bottom}, right and bottom
// excluded.

import { pack, unpack } from "./api.js";

const STEPS = 100;

export class Mask {
  constructor(width, height, pixels) {
    this.width = width;
    this.height = height;
    this.pixels = pixels;
    this.committed = pixels.slice();
    this.done = [];
    this.undone = [];
    this.bottom = {}; // stands for the step below the oldest one kept
    this.saved = this.bottom;
  }

  // Make what changed in `rect` one step. A step is kept as the bits that flipped: the same flips undo and redo it.
  commit(rect) {
    const area = clip(rect, this.width, this.height);
    if (!area) return null;
    const flips = new Uint8Array((area.right - area.left) * (area.bottom - area.top));
    let any = 0;
    this.eachRow(area, (start, end, k) => {
      for (let i = start; i < end; i++, k++) any |= flips[k] = this.pixels[i] ^ this.committed[i];
      this.committed.set(this.pixels.subarray(start, end), start);
    });
    if (!any) return null;
    this.undone = [];
    this.done.push({ area, bits: pack(flips) });
    if (this.done.length > STEPS) this.bottom = this.done.shift();
    return area;
  }

  // Forget changes since the last step; returns what to draw again.
  revert(rect) {
    const area = clip(rect, this.width, this.height);
    if (area) this.eachRow(area, (start, end) => this.pixels.set(this.committed.subarray(start, end), start));
    return area;
  }

  undo() {
    return this.move(this.done, this.undone);
  }

  redo() {
    return this.move(this.undone, this.done);
  }

  move(from, to) {
    const step = from.pop();
    if (!step) return null;
    to.push(step);
    const { area, bits } = step;
    const flips = unpack(bits, (area.right - area.left) * (area.bottom - area.top));
    this.eachRow(area, (start, end, k) => {
      for (let i = start; i < end; i++, k++) this.pixels[i] = this.committed[i] ^= flips[k];
    });
    return area;
  }

  // Replace the pixels of a box; returns the step's area, or null if nothing changed.
  paste(box, pixels) {
    this.eachRow(box, (start, end, k) => this.pixels.set(pixels.subarray(k, k + end - start), start));
    return this.commit(box);
  }

  get whole() {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  // The last step that counts; the mask is saved if this was the last one when it was sent.
  get top() {
    return this.done.at(-1) ?? this.bottom;
  }

  get isSaved() {
    return this.saved === this.top;
  }

  // Calls visit(start, end, k) for every row of an area: its pixels start..end, which are k... of the area itself.
  eachRow(area, visit) {
    const width = area.right - area.left;
    for (let y = area.top, k = 0; y < area.bottom; y++, k += width) {
      const start = y * this.width + area.left;
      visit(start, start + width, k);
    }
  }
}

export function clip(rect, width, height) {
  if (!rect) return null;
  const area = {
    left: Math.max(0, Math.floor(rect.left)),
    top: Math.max(0, Math.floor(rect.top)),
    right: Math.min(width, Math.ceil(rect.right)),
    bottom: Math.min(height, Math.ceil(rect.bottom)),
  };
  return area.left < area.right && area.top < area.bottom ? area : null;
}

export function union(a, b) {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
