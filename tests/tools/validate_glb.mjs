// Prints the Khronos validator's report on each GLB named on the command line, as one JSON array.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import validator from "gltf-validator";

const reports = process.argv.slice(2).map((path) =>
  validator.validateBytes(new Uint8Array(readFileSync(path)), { uri: basename(path), maxIssues: 100 }),
);
console.log(JSON.stringify((await Promise.all(reports)).map((report) => report.issues)));
