// A product's model, its size, and the pictures that it was made from.

const $ = (id) => document.getElementById(id);
const viewer = document.querySelector("model-viewer");
let products = [], session = "", shown = null, chosen = null, strip = "mask";

const centimetres = (metres) => `${(100 * metres).toFixed(1)} cm`;
const picture = (view, what) => `/api/views/${encodeURIComponent(view.key)}/${what}?v=${session}`;

function show(product) {
  shown = product;
  $("title").textContent = product.title;
  $("tags").textContent = product.tags.join(" · ");
  $("status").textContent = product.status;
  $("status").dataset.status = product.status;
  viewer.alt = describe(product);
  if (product.models.usdz) viewer.setAttribute("ios-src", product.models.usdz);
  else viewer.removeAttribute("ios-src"); // Quick Look then gets a USDZ that model-viewer makes of the GLB
  $("profiles").replaceChildren(...product.profiles.map((each, i) => Object.assign(element("option", each.name), { value: i })));
  $("profile-choice").hidden = product.profiles.length < 2;
  showProfile(product.profiles[0]);
  $("made-of").textContent = madeOf(product.materials);
  $("size").textContent = product.extent ? product.extent.map(centimetres).join(" × ") : "";
  $("figures").replaceChildren(
    ...Object.entries(product.figures).flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]),
  );
  const count = product.problems.length;
  $("problem-count").textContent = `${count} problem${count === 1 ? "" : "s"}`;
  $("problem-box").hidden = !count;
  $("problems").replaceChildren(...product.problems.map((problem) => element("li", problem)));
  showStrip();
  if (product.views.length) compare(product.views[0]);
}

// The model of one profile: its file, and what it costs.
function showProfile(profile) {
  const { glb, file, bytes, triangles, texture, seen } = (chosen = profile);
  $("unseen").hidden = seen == null;
  $("unseen").title = seen == null ? "" : `${Math.round(100 * (1 - seen))} % of the texture was seen by no photograph; its colour is filled in from around`;
  $("unseen").setAttribute("aria-pressed", false);
  viewer.src = glb;
  $("download").href = glb;
  $("download").download = file;
  const shape = triangles ? `, ${triangles.toLocaleString("en")} triangles, textures of ${texture} texels` : "";
  $("profile-facts").textContent = `${(bytes / 1e6).toFixed(2)} MB${shape}`;
}

// What a screen reader says of the model: how large it is, and what it is mostly made of.
function describe({ title, extent, materials }) {
  const size = extent ? `, ${extent.map(centimetres).join(" by ")} (width, height, depth)` : "";
  const made = madeOf(materials);
  return `The model of ${title}${size}${made && `; ${made}`}; drag to turn it`;
}

function madeOf(materials) {
  const made = Object.entries(materials).filter(([, share]) => share >= 0.05).sort((a, b) => b[1] - a[1]);
  const glass = materials.glass >= 0.05 ? ", drawn as glass that lets light through" : "";
  return made.length ? `surface taken for ${made.map(([name, share]) => `${Math.round(100 * share)} % ${name}`).join(", ")}${glass}` : "";
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function showStrip() {
  $("strip").replaceChildren(
    ...shown.views.map((view) => {
      const item = document.createElement("li"), button = document.createElement("button"), image = new Image();
      image.loading = "lazy";
      image.alt = "";
      image.src = picture(view, strip);
      button.append(image, element("span", view.id));
      button.addEventListener("click", () => compare(view));
      item.append(button);
      return item;
    }),
  );
  for (const button of document.querySelectorAll("#strip-show button")) {
    button.setAttribute("aria-pressed", button.dataset.what === strip);
  }
}

function compare(view) {
  $("before").src = picture(view, "before");
  $("after").src = picture(view, "after");
  const agreement = view.agreement == null ? "" : `, ${(100 * view.agreement).toFixed(1)} % agreement with the hull`;
  $("compare-title").textContent = `${view.id}${agreement}`;
}

// Labels at the middle of three edges of the model's box: in front below, in front right, right below.
function placeDimensions() {
  const { x, y, z } = viewer.getDimensions(), centre = viewer.getBoundingBoxCenter();
  const places = { x: [0, -y / 2, z / 2, x], y: [x / 2, 0, z / 2, y], z: [x / 2, -y / 2, 0, z] };
  for (const [axis, [dx, dy, dz, length]] of Object.entries(places)) {
    const label = viewer.querySelector(`[slot=hotspot-${axis}]`);
    label.textContent = centimetres(length);
    viewer.updateHotspot({ name: `hotspot-${axis}`, position: `${centre.x + dx}m ${centre.y + dy}m ${centre.z + dz}m` });
  }
}

function toggle(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  return on;
}

viewer.addEventListener("load", () => {
  placeDimensions();
  const here = ["127.0.0.1", "localhost"].includes(location.hostname);
  const how = here ? "start with --host 0.0.0.0 and open the address on a phone" : "open this address on a phone";
  $("ar-hint").textContent = viewer.canActivateAR ? "" : `To see it in your room: ${how}.`;
  viewer.dataset.ready = "true";
});
viewer.addEventListener("error", (event) => {
  const why = event.detail?.sourceError?.message ?? event.detail?.type ?? "unknown";
  const webgl = document.createElement("canvas").getContext("webgl2");
  $("message").textContent = webgl
    ? `The model cannot be shown: ${why}`
    : "The model cannot be shown: this browser has WebGL switched off.";
});
$("dimensions").addEventListener("click", (event) => {
  const on = toggle(event.currentTarget);
  for (const label of viewer.querySelectorAll(".dimension")) label.hidden = !on;
});
// What no photograph saw glows.
async function showUnseen(on) {
  const mark = on ? await viewer.createTexture(chosen.unseen) : null;
  for (const material of viewer.model.materials) {
    material.emissiveTexture.setTexture(mark);
    material.setEmissiveFactor(on ? [1, 0, 1] : [0, 0, 0]);
  }
}
$("unseen").addEventListener("click", (event) => showUnseen(toggle(event.currentTarget)));
$("turn").addEventListener("click", (event) => (viewer.autoRotate = toggle(event.currentTarget)));
$("reset").addEventListener("click", () => {
  viewer.resetTurntableRotation(0);
  viewer.cameraOrbit = "auto auto auto";
  viewer.fieldOfView = "auto";
  viewer.jumpCameraToGoal();
});
$("slider").addEventListener("input", (event) => $("pictures").style.setProperty("--cut", `${100 - event.target.value}%`));
for (const button of document.querySelectorAll("#strip-show button")) {
  button.addEventListener("click", () => {
    strip = button.dataset.what;
    showStrip();
  });
}
$("profiles").addEventListener("change", (event) => showProfile(shown.profiles[event.target.value]));
$("products").addEventListener("change", (event) => show(products[event.target.value]));

history.replaceState(null, "", location.pathname);
const ModelViewer = await customElements.whenDefined("model-viewer");
ModelViewer.meshoptDecoderLocation = "/vendor/meshopt_decoder.js"; // of the profile `web`
ModelViewer.dracoDecoderLocation = "/vendor/"; // of `web-draco`
const response = await fetch("/api/products");
if (response.ok) {
  ({ products, session } = await response.json());
  $("products").replaceChildren(...products.map((product, i) => Object.assign(element("option", product.title), { value: i })));
  $("choice").hidden = products.length < 2;
  show(products[0]);
} else $("message").textContent = await response.text();
