// What tools do to a mask's pixels. Pixel (x, y) has its centre at (x + 0.5, y + 0.5). Each function changes
// `mask.pixels` and returns the rectangle that it touched, or null; the caller commits it as one step.

import { clip, union } from "./mask.js";

const FLOW = 0.25; // of a soft rim: how much of the missing coverage one stamp adds

// One stroke of brush (value 1) or eraser (value 0). A hard brush sets all pixels within its radius. A softer one sets
// its core at once, and of the rim what the stroke has passed often enough.
export class Stroke {
  constructor(mask, value, diameter, hardness) {
    this.mask = mask;
    this.value = value;
    this.radius = diameter / 2;
    this.core = this.radius * hardness;
    this.coverage = hardness < 1 ? (mask.coverage ??= new Uint8Array(mask.pixels.length)) : null; // 0..255
    this.touched = null;
    this.last = null;
  }

  // Continue to (x, y); returns what was touched since the last call.
  to(x, y) {
    if (!this.last) {
      this.last = { x, y };
      return this.stamp(x, y);
    }
    const from = this.last;
    const distance = Math.hypot(x - from.x, y - from.y);
    const steps = Math.max(1, Math.ceil(distance / Math.max(0.5, this.radius / 8)));
    let touched = null;
    for (let i = 1; i <= steps; i++) {
      touched = union(touched, this.stamp(from.x + ((x - from.x) * i) / steps, from.y + ((y - from.y) * i) / steps));
    }
    this.last = { x, y };
    return touched;
  }

  // Clear the rim's coverage for the next stroke.
  end() {
    const area = this.coverage && clip(this.touched, this.mask.width, this.mask.height);
    if (area) this.mask.eachRow(area, (start, end) => this.coverage.fill(0, start, end));
    return this.touched;
  }

  stamp(x, y) {
    const { width, height, pixels } = this.mask;
    const column = Math.floor(x), line = Math.floor(y); // the pixel under the pointer, however small the brush
    if (column >= 0 && column < width && line >= 0 && line < height) pixels[line * width + column] = this.value;
    const top = Math.max(0, Math.ceil(y - this.radius - 0.5));
    const bottom = Math.min(height - 1, Math.floor(y + this.radius - 0.5));
    for (let row = top; row <= bottom; row++) {
      const dy = row + 0.5 - y;
      this.fillRow(row, x, Math.sqrt(Math.max(0, this.core * this.core - dy * dy)), Math.abs(dy) <= this.core);
      if (this.coverage) this.softenRow(row, x, dy);
    }
    const reach = this.radius + 1;
    const rect = { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach };
    this.touched = union(this.touched, rect);
    return rect;
  }

  fillRow(row, x, half, inside) {
    if (!inside) return;
    const { width, pixels } = this.mask;
    const left = Math.max(0, Math.ceil(x - half - 0.5));
    const right = Math.min(width - 1, Math.floor(x + half - 0.5));
    if (left <= right) pixels.fill(this.value, row * width + left, row * width + right + 1);
  }

  softenRow(row, x, dy) {
    const { width, pixels } = this.mask;
    const half = Math.sqrt(Math.max(0, this.radius * this.radius - dy * dy));
    const left = Math.max(0, Math.ceil(x - half - 0.5));
    const right = Math.min(width - 1, Math.floor(x + half - 0.5));
    for (let column = left; column <= right; column++) {
      const i = row * width + column;
      if (pixels[i] === this.value) continue;
      const dx = column + 0.5 - x;
      const depth = (this.radius - Math.sqrt(dx * dx + dy * dy)) / (this.radius - this.core);
      const covered = this.coverage[i];
      this.coverage[i] = covered + (255 - covered) * FLOW * depth;
      if (this.coverage[i] > 127) pixels[i] = this.value;
    }
  }
}

// Set the pixels whose centres lie inside a polygon, by the even-odd rule.
export function fillPolygon(mask, points, value) {
  const { width, height, pixels } = mask;
  const ys = points.map((point) => point.y), xs = points.map((point) => point.x);
  const rect = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  const top = Math.max(0, Math.ceil(rect.top - 0.5)), bottom = Math.min(height - 1, Math.floor(rect.bottom - 0.5));
  for (let row = top; row <= bottom; row++) {
    const y = row + 0.5;
    const crossings = [];
    points.forEach((a, i) => {
      const b = points[(i + 1) % points.length];
      if (a.y <= y !== b.y <= y) crossings.push(a.x + ((y - a.y) * (b.x - a.x)) / (b.y - a.y));
    });
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const left = Math.max(0, Math.ceil(crossings[k] - 0.5));
      const right = Math.min(width, Math.ceil(crossings[k + 1] - 0.5));
      if (left < right) pixels.fill(value, row * width + left, row * width + right);
    }
  }
  return rect;
}

// The pixels connected to (x, y) that have its value: 8-connected for foreground, 4-connected for background, so that
// a thin diagonal line separates. `seen` (one byte a pixel) is marked.
function flood(mask, x, y, seen) {
  const { width, height, pixels } = mask;
  const value = pixels[y * width + x], reach = value ? 1 : 0;
  const rect = { left: x, top: y, right: x + 1, bottom: y + 1 };
  const stack = [x, y];
  let touchesBorder = false;
  while (stack.length) {
    const row = stack.pop(), column = stack.pop(), base = row * width;
    if (seen[base + column]) continue;
    let left = column, right = column;
    while (left > 0 && pixels[base + left - 1] === value) left--;
    while (right < width - 1 && pixels[base + right + 1] === value) right++;
    seen.fill(1, base + left, base + right + 1);
    touchesBorder ||= left === 0 || right === width - 1 || row === 0 || row === height - 1;
    rect.left = Math.min(rect.left, left);
    rect.right = Math.max(rect.right, right + 1);
    rect.top = Math.min(rect.top, row);
    rect.bottom = Math.max(rect.bottom, row + 1);
    const from = Math.max(0, left - reach), to = Math.min(width - 1, right + reach);
    for (const next of [row - 1, row + 1]) {
      if (next < 0 || next >= height) continue;
      for (let i = from; i <= to; i++) {
        const k = next * width + i;
        if (pixels[k] !== value || seen[k]) continue;
        stack.push(i, next);
        while (i < to && pixels[next * width + i + 1] === value) i++;
      }
    }
  }
  return { rect, touchesBorder };
}

function setSeen(mask, rect, seen, value) {
  mask.eachRow(rect, (start, end) => {
    for (let i = start; i < end; i++) if (seen[i]) mask.pixels[i] = value;
  });
  return rect;
}

// Fill the hole at (x, y); null if there is foreground already, or the background reaches the picture's border.
export function fillHole(mask, x, y) {
  if (mask.pixels[y * mask.width + x]) return null;
  const seen = new Uint8Array(mask.pixels.length);
  const { rect, touchesBorder } = flood(mask, x, y, seen);
  return touchesBorder ? null : setSeen(mask, rect, seen, 1);
}

// Fill all that the mask encloses.
export function fillAllHoles(mask) {
  const { width, height, pixels } = mask;
  const seen = new Uint8Array(pixels.length);
  const visit = (x, y) => {
    if (!pixels[y * width + x] && !seen[y * width + x]) flood(mask, x, y, seen);
  };
  for (let x = 0; x < width; x++) [0, height - 1].forEach((y) => visit(x, y));
  for (let y = 0; y < height; y++) [0, width - 1].forEach((x) => visit(x, y));
  for (let i = 0; i < pixels.length; i++) pixels[i] = seen[i] ^ 1;
  return mask.whole;
}

// Remove the island at (x, y); null if there is none.
export function removeIsland(mask, x, y) {
  if (!mask.pixels[y * mask.width + x]) return null;
  const seen = new Uint8Array(mask.pixels.length);
  return setSeen(mask, flood(mask, x, y, seen).rect, seen, 0);
}

// Remove all but the island at (x, y); null if there is none.
export function keepIsland(mask, x, y) {
  if (!mask.pixels[y * mask.width + x]) return null;
  const seen = new Uint8Array(mask.pixels.length);
  flood(mask, x, y, seen);
  for (let i = 0; i < seen.length; i++) mask.pixels[i] &= seen[i];
  return mask.whole;
}
