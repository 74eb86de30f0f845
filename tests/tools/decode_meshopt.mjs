// Decodes every EXT_meshopt_compression view of a GLB with the reference decoder: their bytes, base64, as a JSON array.
import { readFileSync } from "node:fs";
import { MeshoptDecoder } from "meshoptimizer";

await MeshoptDecoder.ready;
const file = readFileSync(process.argv[2]);
const length = file.readUInt32LE(12);
const document = JSON.parse(file.subarray(20, 20 + length).toString());
const binary = file.subarray(28 + length);
const decoded = document.bufferViews.map((view) => {
  const packed = view.extensions?.EXT_meshopt_compression;
  if (!packed) return null;
  const target = new Uint8Array(packed.count * packed.byteStride);
  const source = binary.subarray(packed.byteOffset, packed.byteOffset + packed.byteLength);
  MeshoptDecoder.decodeGltfBuffer(target, packed.count, packed.byteStride, source, packed.mode, packed.filter);
  return Buffer.from(target).toString("base64");
});
console.log(JSON.stringify(decoded));
