"""check-asset: what a shop would refuse is found, whoever made the file; no file breaks the reader."""

import contextlib
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanplate.asset import Model, write_glb, write_usdz
from cleanplate.errors import MeshError
from cleanplate.evaluate.asset import check
from cleanplate.evaluate.asset.certificate import write_certificate
from cleanplate.evaluate.asset.check import check_asset
from cleanplate.evaluate.asset.glb import Fault, read_glb

TOOLS = Path(__file__).resolve().parents[1] / "tools"


@pytest.fixture(scope="module")
def model(ring: Model) -> Model:
    return ring


def failed(path: Path, profile: str = "default", **options) -> set[str]:
    verdict = check_asset(path, profile, modules=TOOLS, **options)
    assert verdict.passed == (not any(check.outcome == "fail" for check in verdict.checks))
    return {check.name for check in verdict.checks if check.outcome == "fail"}


def test_a_sound_model_passes(model, tmp_path):
    write_glb(tmp_path / "a.glb", model)
    assert failed(tmp_path / "a.glb", "shopify", size=(0.1, 0.03, 0.1)) == set()


def test_each_fault_is_named(model, tmp_path, monkeypatch):
    # Neither a process of its own nor the validator for each: the sound model has them.
    monkeypatch.setattr(check, "read_facts", lambda path, _: read_glb(path.read_bytes()))
    upside_down = replace(model, uv=np.column_stack([1 - model.uv[:, 0], model.uv[:, 1]]))
    faults = {
        "texture not mirrored": upside_down,
        "texture coordinates within 0..1": replace(model, uv=model.uv + np.array([1.5, 0])),
        "base at zero": replace(model, vertices=model.vertices + np.array([0, 0.02, 0])),
        "pivot centred": replace(model, vertices=model.vertices + np.array([0.02, 0, 0])),
        "units": replace(model, vertices=1000 * model.vertices),
        "maps": replace(model, surface=None),
        "texture sizes": replace(model, texture=model.texture[:300, :300], surface=None, relief=None),
        "dimensions": model,
    }
    for name, faulty in faults.items():
        write_glb(tmp_path / "a.glb", faulty)
        assert name in failed(tmp_path / "a.glb", size=(0.1, 0.1, 0.03)), name
    corners = replace(model, faces=np.concatenate([model.faces, model.faces[:5]]))
    write_glb(tmp_path / "a.glb", corners)
    assert failed(tmp_path / "a.glb") == {"texture not overlapping"}


def test_a_product_that_lies_is_told_so(model, tmp_path):
    write_glb(tmp_path / "a.glb", model)
    verdict = check_asset(tmp_path / "a.glb", "default", (0.1, 0.1, 0.03), TOOLS)
    assert "another order" in next(check.got for check in verdict.checks if check.name == "dimensions")


@pytest.mark.parametrize("compression", ["meshopt", "draco"])
def test_web_s_compression_is_read_and_refused_elsewhere(model, tmp_path, compression):
    pytest.importorskip("meshopt", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    write_glb(tmp_path / "a.glb", model, compression=compression)
    assert failed(tmp_path / "a.glb", "google", size=(0.1, 0.03, 0.1)) == {"extensions"}
    uv = np.column_stack([1 - model.uv[:, 0], model.uv[:, 1]])
    write_glb(tmp_path / "b.glb", replace(model, uv=uv), compression=compression)
    facts = read_glb((tmp_path / "b.glb").read_bytes())
    assert facts.mirrored == facts.triangles == len(model.faces) and not facts.unread


def test_usdz_is_judged_likewise(model, tmp_path):
    pytest.importorskip("pxr", reason="needs the extra: pip install 'cleanplate[usd]'")
    write_usdz(tmp_path / "a.usdz", model)
    assert failed(tmp_path / "a.usdz", "quicklook", size=(0.1, 0.03, 0.1)) == set()
    write_usdz(tmp_path / "b.usdz", replace(model, vertices=model.vertices + np.array([0, 0.02, 0]), relief=None))
    assert failed(tmp_path / "b.usdz", "quicklook") == {"base at zero"}


def test_the_certificate_is_one_page_without_scripts(model, tmp_path):
    write_glb(tmp_path / "<b>.glb", model)
    write_certificate(tmp_path / "c.html", check_asset(tmp_path / "<b>.glb", "default"), tmp_path / "<b>.glb")
    page = (tmp_path / "c.html").read_text()
    assert "&lt;b&gt;.glb" in page and "<b>" not in page and "<script" not in page
    assert "passed" in page and "SHA-256" in page


@pytest.fixture(scope="module")
def sound(model, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "a.glb"
    write_glb(path, replace(model, texture=model.texture[:16, :16], surface=None, relief=None))
    return path.read_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_bytes_break_the_reader(sound, data):
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, 1600))
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    with contextlib.suppress(Fault):
        read_glb(bytes(damaged[:cut]) if data.draw(st.booleans()) else bytes(damaged))


@pytest.mark.parametrize(
    "change",
    [
        {"accessors": [{"componentType": 5126, "type": "VEC3", "count": 10**12}] * 4},
        {"bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 10**12}] * 9},
        {"nodes": [{"children": [0], "mesh": 0}]},
        {"nodes": [{"mesh": 0, "matrix": [1, 2]}]},
        {"scenes": [{"nodes": "all"}]},
        {"meshes": [{"primitives": [{"attributes": {"POSITION": -1}}]}]},
        {"images": [{"uri": "../../etc/passwd"}]},
    ],
)
def test_lies_are_refused_or_left_unread(sound, change):
    length = struct.unpack_from("<I", sound, 12)[0]
    document = json.loads(sound[20 : 20 + length]) | change
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data = sound[:12] + struct.pack("<I4s", len(text), b"JSON") + text + sound[20 + length :]
    try:
        assert read_glb(data).unread
    except Fault as fault:
        assert str(fault)


def test_what_is_no_model_is_named(tmp_path):
    for name, data in (("a.glb", b"glTF"), ("b.glb", b""), ("c.usdz", b"PK\x03\x04nothing")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(MeshError, match=name):
            check_asset(tmp_path / name, "default")
    with pytest.raises(MeshError, match=r"neither \.glb nor \.usdz"):
        check_asset(tmp_path / "a.obj", "default")


def test_the_command_tells_by_its_exit_code(model, tmp_path):
    write_glb(tmp_path / "a.glb", model)

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "cleanplate", "check-asset", "a.glb", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run("--profile", "google", "--size", "100", "30", "100", "--certificate", "c.html", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["passed"] and (tmp_path / "c.html").is_file()
    assert run("--size", "100", "60", "100").returncode == 1
    refused = run("--profile", "quick-look")
    assert refused.returncode == 2 and "'quicklook'" in refused.stderr.replace("\n", " ")
    assert run("--certificate", "c.html").returncode != 0


def test_the_real_auditor_agrees(model, tmp_path):
    auditor = TOOLS / "auditor"
    if not (auditor / "node_modules").is_dir():
        pytest.skip(f"needs the auditor: npm install in {auditor}")
    write_glb(tmp_path / "a.glb", model)
    write_glb(tmp_path / "b.glb", replace(model, uv=np.column_stack([1 - model.uv[:, 0], model.uv[:, 1]])))

    def failures(path: Path) -> set[str]:
        command = ["node", str(auditor / "audit_glb.mjs"), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        items = json.loads(done.stdout.splitlines()[-1])
        return {item["name"] for item in items if item["tested"] and not item["pass"]}

    assert failures(tmp_path / "a.glb") == set()
    assert any("nverted" in name for name in failures(tmp_path / "b.glb"))
