// Prints what the Khronos glTF Asset Auditor says of a GLB by its recommended schema, as JSON: [{name, tested, pass, message}].
// Its canvas needs libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev; then npm install in this folder.
import { Auditor } from "@khronosgroup/gltf-asset-auditor";

const auditor = new Auditor();
auditor.schema.loadFromSchemaObject(auditor.schema.getRecommended());
await auditor.model.loadFromFileSystem([process.argv[2]]);
auditor.generateReport();
const items = auditor.report.getItems().map(({ name, tested, pass, message }) => ({ name, tested, pass, message }));
console.log(JSON.stringify(items));
process.exit(0);
