"""Packs: what goes in comes out, in shards, and a damaged one is named."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import CleanplateError
from cleanplate.image import write_image
from cleanplate.train.pack import MAGIC, read_pack, write_packs
from cleanplate.train.pairs import Pairs, capture_folders, sources

from .conftest import write_product


@pytest.fixture
def products(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for i in range(6):
        write_product(folder, f"B00000000{i}")
    return folder


def test_a_pack_holds_what_the_captures_hold(products: Path, tmp_path: Path):
    direct = Pairs(0.3)
    direct.add(capture_folders(products))
    packs = write_packs([products], tmp_path / "packs/all", validation=0.3)
    assert [path.name for path in packs] == ["all-000.pack"]
    packed = Pairs(0.9)  # the pack says the split itself
    packed.add(sources([tmp_path / "packs"]))
    assert len(packed.pairs) == len(direct.pairs) == 24
    for one, other in zip(packed.pairs, direct.pairs, strict=True):
        assert one.split == other.split
        for kind in ("image", "plate", "mask"):
            assert np.array_equal(getattr(one.read(), kind), getattr(other.read(), kind))


def test_shards_keep_below_their_size_and_nothing_is_lost_or_doubled(products: Path, tmp_path: Path):
    packs = write_packs([products], tmp_path / "few", shard=60_000)
    assert len(packs) > 1
    assert all(path.stat().st_size < 60_000 + 4_000 for path in packs)
    names = [pair.name for path in packs for pair in read_pack(path)]
    assert len(names) == len(set(names)) == 24


def test_a_plate_is_stored_once(products: Path, tmp_path: Path):
    pairs = read_pack(write_packs([products], tmp_path / "all")[0])
    assert len({pair.plate for pair in pairs}) == 6


def test_a_turned_photograph_is_stored_as_cleanplate_reads_it(products: Path, tmp_path: Path):
    from PIL import Image

    target = products / "B000000003/images/v0.png"
    turned = Image.open(target).transpose(Image.Transpose.ROTATE_180)
    exif = Image.Exif()
    exif[0x0112] = 3
    turned.save(target.with_suffix(".jpg"), exif=exif, quality=95)
    description = products / "B000000003/capture.json"
    description.write_text(description.read_text().replace("images/v0.png", "images/v0.jpg"))
    direct = Pairs(0.0)
    direct.add([products / "B000000003"])
    wanted = direct.pairs[0].read().image
    pair = next(p for p in read_pack(write_packs([products], tmp_path / "all")[0]) if p.name == "B000000003/v0")
    assert np.array_equal(pair.read().image, wanted)


def test_damaged_packs_are_named(products: Path, tmp_path: Path):
    whole = write_packs([products], tmp_path / "all")[0]
    data = whole.read_bytes()
    damaged = {
        "empty": b"",
        "other": b"GIF89a" + data,
        "short": data[:-50],
        "cut": data[: len(MAGIC) + 20],
        "long": MAGIC + (1 << 62).to_bytes(8, "little") + data,
        "garbled": data.replace(b'"split"', b'"spilt"'),
        "outside": data.replace(b'"image": [0, ', b'"image": [-9, ', 1),
    }
    for name, content in damaged.items():
        path = tmp_path / f"{name}.pack"
        path.write_bytes(content)
        with pytest.raises(CleanplateError, match=rf"{name}\.pack"):
            read_pack(path)
    broken = tmp_path / "broken.pack"
    pair = read_pack(whole)[0]
    broken.write_bytes(data[: pair.image[0]] + bytes(pair.image[1]) + data[pair.image[0] + pair.image[1] :])
    with pytest.raises(CleanplateError, match="B000000000/v0"):
        read_pack(broken)[0].read()


def test_what_holds_no_truth_makes_no_pack(tmp_path: Path):
    write_image(tmp_path / "data/photo.png", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(CleanplateError, match="no views"):
        write_packs([tmp_path / "data"], tmp_path / "all")
    assert not list(tmp_path.glob("*.pack"))


def test_packs_are_read_without_the_capture_formats_libraries(products: Path, tmp_path: Path):
    pack = write_packs([products], tmp_path / "all")[0]
    code = (
        "import sys\n"
        "from cleanplate.train.examples import Examples\n"
        "from cleanplate.train.fit import train\n"
        "from cleanplate.train.pairs import Pairs\n"
        "pairs = Pairs(0.1)\n"
        "from pathlib import Path\n"
        f"pairs.add([Path({str(pack)!r})])\n"
        "pairs.pairs[0].read()\n"
        "heavy = {'pydantic', 'PIL', 'scipy', 'numba', 'onnx', 'onnxruntime', 'typer', 'rich', 'trimesh'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout
