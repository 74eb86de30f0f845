"""The runtime: parity with torch, any size, one bad picture at a time, and every kind of wrong model file."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.errors import CleanplateError, ImageError, ModelError
from cleanplate.evaluate import evaluate_mask
from cleanplate.files import sha256_file
from cleanplate.geometry import Camera
from cleanplate.image import read_mask, write_image
from cleanplate.segment import device, load_model, models
from cleanplate.segment.edges import native
from cleanplate.segment.network import open_network
from cleanplate.segment.stage import segment_views
from cleanplate.train.export import compress, export
from cleanplate.train.networks import build, initialise, load_network, read_onnx, read_weights


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    network = build("compact")
    path = tmp_path_factory.mktemp("model") / "compact.safetensors"
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    save_file(state, path, {"architecture": "compact", "metrics": json.dumps({"threshold": 0.5})})
    return path


@pytest.fixture(scope="module")
def onnx_file(checkpoint) -> Path:
    return export(checkpoint, checkpoint.with_suffix(".onnx"), bits=32, longest=128)


def stored_at(bits: int, onnx_file: Path, target: Path) -> Path:
    graph = onnx.load(onnx_file)
    if bits < 32:
        compress(graph, bits)
    onnx.save(graph, target)
    return target


@pytest.fixture(scope="module")
def model(onnx_file):
    return open_network(onnx_file)


@pytest.fixture
def method(onnx_file):
    return load_model(str(onnx_file))


def a_capture(folder: Path, sizes: tuple[int, int] = (96, 64), views: int = 3) -> Capture:
    width, height = sizes
    rng = np.random.default_rng(0)
    plate = rng.integers(100, 220, (height, width, 3), np.uint8)
    write_image(folder / "plates/c.png", plate)
    listed = []
    for i in range(views):
        image = plate.copy()
        image[5:15, 5 + i : 20 + i] = 20
        write_image(folder / f"images/v{i}.png", image)
        listed.append(View(f"v{i}", "c", f"images/v{i}.png", "plates/c.png"))
    camera = Camera(width, height, np.array([[90.0, 0, width / 2], [0, 90, height / 2], [0, 0, 1]]))
    write_capture(Capture(folder, "B000000001", {"c": camera}, tuple(listed)))
    return read_capture(folder)


@pytest.mark.parametrize("bits", [32, 16, 8])
def test_parity_with_torch(checkpoint, onnx_file, tmp_path, bits):
    served = open_network(stored_at(bits, onnx_file, tmp_path / "m.onnx"))
    network, _ = load_network(checkpoint)
    *images, plate = np.random.default_rng(1).integers(0, 256, (3, 128, 192, 3), np.uint8)
    images = np.stack(images)
    with torch.no_grad():
        pair = [torch.from_numpy(each).permute(0, 3, 1, 2).float() / 255 for each in (images, plate[None])]
        expected = network(*pair).sigmoid()[:, 0].numpy()
    got = served.probability(images, plate)
    middle = float(np.median(expected))  # fresh weights: a threshold that splits the pixels in half is the hardest
    differing = ((got > middle) != (expected > middle)).mean()
    assert differing <= {32: 0.0005, 16: 0.01, 8: 0.1}[bits]
    assert np.abs(got - expected).max() < {32: 1e-5, 16: 2e-3, 8: 3e-2}[bits]


@pytest.mark.parametrize("bits", [32, 16, 8])
def test_training_starts_from_an_exported_network(checkpoint, onnx_file, tmp_path, bits):
    path = stored_at(bits, onnx_file, tmp_path / "m.onnx")
    torch.manual_seed(1)
    network = build("compact")
    initialise(network, "compact", str(path))
    got = network.state_dict()
    for name, wanted in load_network(checkpoint)[0].state_dict().items():
        if not name.startswith("auxiliary."):  # not exported
            assert (got[name] - wanted).abs().max() <= {32: 0, 16: 1e-3, 8: 1 / 250}[bits] * wanted.abs().max(), name
    with pytest.raises(ModelError, match="'compact', this run trains 'deeplab"):
        initialise(network, "deeplabv3plus_dualinput_resnet50", str(path))


def test_fewer_bits_make_a_smaller_file(checkpoint, onnx_file, tmp_path):
    sizes = [stored_at(bits, onnx_file, tmp_path / f"{bits}.onnx").stat().st_size for bits in (32, 16, 8)]
    assert sizes[1] < 0.55 * sizes[0]
    assert sizes[2] < 0.32 * sizes[0]
    with pytest.raises(CleanplateError, match="not 4"):
        export(checkpoint, tmp_path / "x.onnx", 4)


def test_export_keeps_the_threshold_that_it_is_given(checkpoint, tmp_path):
    assert open_network(export(checkpoint, tmp_path / "x.onnx", threshold=0.25)).threshold == 0.25


@pytest.mark.parametrize("recipe", [{}, {"match_plate": True}, {"match_plate": True, "second_look": True}])
def test_export_keeps_what_the_recipe_says_of_how_pictures_are_seen(checkpoint, tmp_path, recipe):
    weights, metadata = read_weights(checkpoint)
    named = {f"network.{name}": value for name, value in weights.items()}
    save_file(named, tmp_path / "a.safetensors", metadata | {"recipe": json.dumps(recipe)})
    network = open_network(export(tmp_path / "a.safetensors", tmp_path / "x.onnx"))
    assert {"match_plate": network.match_plate, "second_look": network.second_look} == {
        "match_plate": False,
        "second_look": False,
        **recipe,
    }


def test_several_checkpoints_are_exported_as_the_mean_of_their_weights(checkpoint, tmp_path):
    weights, metadata = read_weights(checkpoint)
    double = {f"network.{name}": 3 * value for name, value in weights.items()}
    save_file(double, tmp_path / "b.safetensors", metadata)
    found, _ = read_onnx(export([checkpoint, tmp_path / "b.safetensors"], tmp_path / "x.onnx", bits=32))
    for name, value in found.items():
        assert torch.allclose(value, 2 * weights[name], atol=1e-6), name


def test_views_in_a_batch_do_not_change_each_other(model):
    rng = np.random.default_rng(2)
    images, plate = rng.integers(0, 256, (3, 64, 128, 3), np.uint8), rng.integers(0, 256, (64, 128, 3), np.uint8)
    together = model.probabilities(list(images), plate)
    for image, result in zip(images, together, strict=True):
        assert np.allclose(result, model.probabilities([image], plate)[0], atol=1e-5)


def test_the_threshold_becomes_a_half_and_the_order_stays(model):
    rng = np.random.default_rng(2)
    image, plate = rng.integers(0, 256, (2, 64, 128, 3), np.uint8)
    (plain,) = replace(model, threshold=0.5).probabilities([image], plate)
    level = float(np.quantile(plain, 0.7))
    (scaled,) = replace(model, threshold=level).probabilities([image], plate)
    assert scaled.dtype == np.float32
    assert 0 <= scaled.min() < scaled.max() <= 1
    assert ((scaled >= 0.5) != (plain >= level)).mean() < 1e-3
    order = np.argsort(plain, axis=None)
    assert (np.diff(scaled.ravel()[order]) >= -1e-6).all()


@pytest.mark.parametrize("size", [(17, 23), (64, 96), (200, 31), (1, 1), (300, 400)])
def test_any_size(model, size):
    picture = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    (result,) = model.probabilities([picture], picture)
    assert result.shape == size
    assert np.isfinite(result).all()


def test_sizes_must_agree(model):
    with pytest.raises(ImageError, match="plate is 6x4, the image 8x4"):
        model.probabilities([np.zeros((4, 8, 3), np.uint8)], np.zeros((4, 6, 3), np.uint8))


def test_native_edges_follow_the_photograph():
    """A coarse outline that wavers by half a pixel comes out three times nearer to the truth than by interpolation."""
    y, x = np.mgrid[:256, :256]
    truth = (x - 130) ** 2 + (y - 120) ** 2 < 70**2
    image = np.where(truth[..., None], np.uint8(60), np.uint8(200)).repeat(3, 2)
    waver = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (128, 128, 2)).astype(np.float32), (0, 0), 4)
    y, x = np.mgrid[:128, :128].astype(np.float32)
    small = cv2.resize(truth.astype(np.float32), (128, 128), interpolation=cv2.INTER_AREA)
    moved = (each + 0.5 * waver[..., i] / waver.std() for i, each in enumerate((x, y)))
    coarse = cv2.GaussianBlur(cv2.remap(small, *moved, cv2.INTER_LINEAR), (0, 0), 1)
    plain = cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_LINEAR) > 0.5
    refined = native(coarse, image) > 0.5
    assert (plain != truth).sum() > 200
    assert (refined != truth).sum() < 0.4 * (plain != truth).sum()
    assert np.array_equal(native(truth.astype(np.float32), image) > 0.5, truth)


def test_a_capture_with_one_bad_picture(method, tmp_path):
    capture = a_capture(tmp_path / "capture", views=6)
    (capture.folder / "images/v1.png").write_bytes(b"\x89PNG but no picture")
    write_image(capture.folder / "images/v3.png", np.zeros((10, 10, 3), np.uint8))
    made = {view.id: result for view, result in segment_views(capture, capture.views, method)}
    problems = {id: str(result) for id, result in made.items() if isinstance(result, ImageError)}
    assert sorted(made.keys() - problems.keys()) == ["v0", "v2", "v4", "v5"]
    assert problems.keys() == {"v1", "v3"}
    assert "v1.png" in problems["v1"]
    assert "10x10" in problems["v3"]


def test_no_plate_is_an_error_of_that_view(method, tmp_path):
    capture = a_capture(tmp_path / "capture", views=1)
    bare = View("v0", "c", "images/v0.png")
    ((_, result),) = segment_views(capture, [bare], method)
    assert isinstance(result, ImageError)
    assert "--model classical" in str(result)


def test_every_view_comes_back_once_whatever_its_plate(method, tmp_path):
    capture = a_capture(tmp_path / "capture", views=15)
    plates = ["plates/c.png"] * 9 + ["plates/b.png"] + [None] * 5
    (capture.folder / "plates/b.png").write_bytes((capture.folder / "plates/c.png").read_bytes())
    views = [replace(view, plate=plate) for view, plate in zip(capture.views, plates, strict=True)]
    made = list(segment_views(capture, views, method))
    assert sorted(view.id for view, _ in made) == sorted(view.id for view in views)
    assert sum(isinstance(result, ImageError) for _, result in made) == 5


def test_grey_16_bit_rgba_and_turned_pictures(method, tmp_path):
    from PIL import Image

    capture = a_capture(tmp_path / "capture", views=4)
    rng = np.random.default_rng(4)
    folder = capture.folder / "images"
    cv2.imwrite(str(folder / "v0.png"), rng.integers(0, 256, (64, 96), np.uint8))
    cv2.imwrite(str(folder / "v1.png"), rng.integers(0, 65536, (64, 96, 3), np.uint16))
    cv2.imwrite(str(folder / "v2.png"), rng.integers(0, 256, (64, 96, 4), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = View("v3", "c", "images/v3.jpg", "plates/c.png")
    Image.fromarray(rng.integers(0, 256, (96, 64, 3), np.uint8)).save(folder / "v3.jpg", exif=exif)
    capture = Capture(capture.folder, capture.asin, capture.cameras, (*capture.views[:3], turned))
    made = segment_views(capture, capture.views, method)
    assert [result.shape for _, result in made] == 4 * [(64, 96)]


def other_onnx(path: Path, inputs: dict[str, int]) -> Path:
    values = [helper.make_tensor_value_info(name, kind, [1]) for name, kind in inputs.items()]
    output = helper.make_tensor_value_info("y", values[0].type.tensor_type.elem_type, [1])
    node = helper.make_node("Identity", [values[0].name], ["y"])
    graph = helper.make_graph([node], "g", values, [output])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def test_files_that_are_no_model(onnx_file, checkpoint, tmp_path):
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(onnx_file.read_bytes()[:100_000])
    pickled = tmp_path / "pickled.onnx"
    torch.save({"x": torch.zeros(1)}, pickled)
    for path in (truncated, pickled):
        with pytest.raises(ModelError, match="cannot load"):
            load_model(str(path))
    with pytest.raises(ModelError, match="cleanplate export"):
        load_model(str(checkpoint))
    with pytest.raises(ModelError, match="not found"):
        load_model(str(tmp_path / "nowhere.onnx"))
    with pytest.raises(ModelError, match="inputs are"):
        load_model(str(other_onnx(tmp_path / "other.onnx", {"pixels": TensorProto.FLOAT})))
    bare = onnx.load(onnx_file)
    del bare.metadata_props[:]
    onnx.save(bare, tmp_path / "bare.onnx")
    with pytest.raises(ModelError, match="metadata"):
        load_model(str(tmp_path / "bare.onnx"))


def test_names(onnx_file):
    assert load_model("classical").name == "classical"
    assert load_model(str(onnx_file)).fingerprint.endswith(sha256_file(onnx_file))
    assert load_model("default").fingerprint
    with pytest.raises(ModelError, match="no model 'isnet'"):
        load_model("isnet")


def test_a_device_that_is_not_there_is_refused(onnx_file):
    assert load_model(str(onnx_file)).device == load_model(str(onnx_file), "cpu").device == "cpu"
    with pytest.raises(ModelError, match=r"has no CUDA.*pip install 'cleanplate.gpu"):
        load_model(str(onnx_file), "cuda")
    with pytest.raises(ModelError, match="classical has no network"):
        load_model("classical", "cuda")


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_cuda_that_does_not_start(onnx_file, monkeypatch):
    """ONNX Runtime goes on on the CPU then; who asked for the GPU by name must hear of it."""
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [device.CUDA, device.CPU])
    assert load_model(str(onnx_file), "auto").device == "cpu"
    with pytest.raises(ModelError, match="does not start"):
        load_model(str(onnx_file), "cuda")


@pytest.mark.parametrize("name", models.NETWORKS)
def test_the_shipped_networks_take_any_size(name):
    picture = np.random.default_rng(5).integers(0, 256, (17, 23, 3), np.uint8)
    assert np.isfinite(load_model(name).segment(picture, picture)).all()


@pytest.mark.parametrize(("name", "floor"), [("compact", 0.97), ("deeplabv3plus_dualinput_resnet50", 0.85)])
def test_the_shipped_networks_see_the_teapot(name, floor):
    """A floor far below what they measure: damaged weights, swapped channels or a wrong scale fall through it."""
    capture = read_capture(Path(models.__file__).parents[2] / "samples/B0TEAPOT01")
    views, model = capture.views[::9], load_model(name)
    scores = [
        evaluate_mask(found >= 0.5, read_mask(capture.mask_path(view))).miou
        for view, found in segment_views(capture, views, model)
    ]
    assert len(scores) == len(views)
    assert np.mean(scores) > floor


def test_shipped_weights_are_compared_with_their_checksum(onnx_file, tmp_path):
    (tmp_path / "compact.onnx").write_bytes(onnx_file.read_bytes())
    (tmp_path / "compact.json").write_text(json.dumps({"sha256": sha256_file(onnx_file)}))
    assert models.shipped("compact", tmp_path) == tmp_path / "compact.onnx"
    with (tmp_path / "compact.onnx").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ModelError, match="SHA-256"):
        models.shipped("compact", tmp_path)
    with pytest.raises(ModelError, match="not in this installation"):
        models.shipped("deeplabv3plus_dualinput_resnet50", tmp_path)


def test_weights_beside_the_file_are_part_of_the_fingerprint(onnx_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(onnx.load(onnx_file), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    before = load_model(str(path)).fingerprint
    assert load_model(str(path)).fingerprint == before
    weights = bytearray((tmp_path / "weights.bin").read_bytes())
    weights[0] ^= 1
    (tmp_path / "weights.bin").write_bytes(weights)
    assert load_model(str(path)).fingerprint != before
