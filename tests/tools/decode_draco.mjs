// Decodes each Draco primitive of a GLB with the decoder that the pages come with: its triangles, and its attributes as
// floats, base64, by glTF's names, as a JSON array.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";

const vendor = new URL("../../src/cleanplate/report/vendor/", import.meta.url);
const scope = { require: createRequire(import.meta.url), process, console, WebAssembly, __dirname: ".", __filename: "" };
vm.runInNewContext(readFileSync(new URL("draco_wasm_wrapper.js", vendor), "utf8"), scope);
const draco = await scope.DracoDecoderModule({ wasmBinary: readFileSync(new URL("draco_decoder.wasm", vendor)) });

const file = readFileSync(process.argv[2]);
const length = file.readUInt32LE(12);
const document = JSON.parse(file.subarray(20, 20 + length).toString());
const binary = file.subarray(28 + length);
const base64 = (array) => Buffer.from(array.buffer).toString("base64");
const decoded = document.meshes[0].primitives.map(({ extensions }) => {
  const { bufferView, attributes } = extensions.KHR_draco_mesh_compression;
  const { byteOffset, byteLength } = document.bufferViews[bufferView];
  const decoder = new draco.Decoder(), mesh = new draco.Mesh();
  const status = decoder.DecodeArrayToMesh(binary.subarray(byteOffset, byteOffset + byteLength), byteLength, mesh);
  if (!status.ok()) throw new Error(status.error_msg());
  const corner = new draco.DracoInt32Array();
  const faces = Int32Array.from({ length: 3 * mesh.num_faces() }, (_, i) => {
    if (i % 3 === 0) decoder.GetFaceFromMesh(mesh, i / 3, corner);
    return corner.GetValue(i % 3);
  });
  const found = Object.entries(attributes).map(([name, id]) => {
    const values = new draco.DracoFloat32Array();
    decoder.GetAttributeFloatForAllPoints(mesh, decoder.GetAttributeByUniqueId(mesh, id), values);
    return [name, base64(Float32Array.from({ length: values.size() }, (_, i) => values.GetValue(i)))];
  });
  return { faces: base64(faces), ...Object.fromEntries(found) };
});
console.log(JSON.stringify(decoded));
