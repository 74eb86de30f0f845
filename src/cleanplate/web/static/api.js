// Talking to the server. Masks travel as bits, one per pixel, the first pixel in the highest bit.

export class Refusal extends Error {
  constructor(status, message, current) {
    super(message);
    this.status = status;
    this.current = current;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0, "the server does not answer; is 'cleanplate review' still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: text };
  }
  throw new Refusal(response.status, answer.error ?? response.statusText, answer.current);
}

const address = (key, what) => `/api/views/${encodeURIComponent(key)}/${what}`;

let session = "";

export async function listViews() {
  const answer = await (await call("/api/views")).json();
  session = answer.session;
  return answer;
}

export const thumbnailAddress = (view) => `${address(view.key, "thumbnail")}?v=${session}-${view.sha256}`;
export const pictureAddress = (view, what) => `${address(view.key, what)}?v=${session}`;

export async function loadPicture(view, what) {
  const response = await call(pictureAddress(view, what));
  return createImageBitmap(await response.blob());
}

export async function loadMask(view) {
  const response = await call(address(view.key, "mask"));
  const sha256 = response.headers.get("etag").replaceAll('"', "");
  return { sha256, pixels: unpack(await response.arrayBuffer(), view.width * view.height) };
}

export async function saveMask(view, pixels, sha256, edit) {
  const headers = {
    "content-type": "application/octet-stream",
    "if-match": `"${sha256}"`,
    "cleanplate-edit": JSON.stringify(edit),
  };
  const sent = await squeezed(pixels);
  Object.assign(headers, sent.headers);
  const response = await call(address(view.key, "mask"), { method: "PUT", headers, body: sent.body });
  return (await response.json()).sha256;
}

export async function mark(view, action, sha256, edit) {
  const headers = { "content-type": "application/json", "if-match": `"${sha256}"` };
  const body = JSON.stringify({ action, ...edit });
  await call(address(view.key, "mark"), { method: "POST", headers, body });
}

export async function listVersions(view) {
  return (await (await call(address(view.key, "history"))).json()).versions;
}

export async function loadVersion(view, sha256) {
  const response = await call(address(view.key, `history/${sha256}`));
  return unpack(await response.arrayBuffer(), view.width * view.height);
}

export async function hullSilhouette(view) {
  const response = await call(address(view.key, "hull"));
  return unpack(await response.arrayBuffer(), view.width * view.height);
}

// Returns the other views that these pixels would change, once they were saved and the product was run again.
export async function changesElsewhere(view, pixels) {
  const response = await call(address(view.key, "changes"), { method: "POST", ...(await squeezed(pixels)) });
  return (await response.json()).views;
}

// Returns the pixels of the box as `tool` ("grabcut" or "segment") sees them.
export async function assist(view, tool, box, pixels) {
  const query = `?box=${box.left},${box.top},${box.right},${box.bottom}`;
  const sent = tool === "grabcut" ? await squeezed(pixels) : {};
  const response = await call(address(view.key, tool) + query, { method: "POST", ...sent });
  return unpack(await response.arrayBuffer(), (box.right - box.left) * (box.bottom - box.top));
}

// Four pixels (0 or 1, little endian in one word) become four bits by one multiplication: each of the product's
// terms has its own bit, so nothing carries.
const GATHER = (1 << 27) | (1 << 18) | (1 << 9) | 1;

export function pack(pixels) {
  const padded = pixels.length % 8 ? new Uint8Array(Math.ceil(pixels.length / 8) * 8) : pixels;
  if (padded !== pixels) padded.set(pixels);
  const words = new Uint32Array(padded.buffer, padded.byteOffset, padded.length / 4);
  const bits = new Uint8Array(padded.length / 8);
  for (let i = 0, w = 0; i < bits.length; i++, w += 2) {
    bits[i] = ((Math.imul(words[w], GATHER) >>> 20) & 0xf0) | ((Math.imul(words[w + 1], GATHER) >>> 24) & 0xf);
  }
  return bits;
}

// A mask as the body of a request: what a browser takes to hand 1.5 MB to its network is more than what gzip takes.
async function squeezed(pixels) {
  const bits = pack(pixels), gzip = new CompressionStream("gzip"), writer = gzip.writable.getWriter();
  writer.write(bits);
  writer.close();
  return { body: await new Response(gzip.readable).arrayBuffer(), headers: { "content-encoding": "gzip" } };
}

const SPREAD = Uint8Array.from({ length: 256 * 8 }, (_, i) => ((i >> 3) >> (7 - (i & 7))) & 1);
const SPREAD_WORDS = new Uint32Array(SPREAD.buffer);

export function unpack(buffer, count) {
  const bits = new Uint8Array(buffer);
  const words = new Uint32Array(bits.length * 2);
  for (let i = 0; i < bits.length; i++) {
    words[2 * i] = SPREAD_WORDS[2 * bits[i]];
    words[2 * i + 1] = SPREAD_WORDS[2 * bits[i] + 1];
  }
  return new Uint8Array(words.buffer, 0, count);
}
