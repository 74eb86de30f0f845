"""Every command of every page: the guides' run as printed, in their order; all others have options that there are."""

import json
import shutil
from pathlib import Path

import pytest

from guides import DOCS, ROOT, SAMPLES, SERVING, commands, fault, follow, mentioned, run
from turntable_photos import take

GUIDES = {
    "how-to/when-masks-are-wrong.md": "B0WINEGL01",
    "how-to/what-a-hull-cannot-do.md": "B0TEAPOT01",
}
"""By guide, the sample that plays the reader's `captures`."""
PAGES = [
    ROOT / "README.md",
    *(ROOT / "benchmarks").rglob("*.md"),
    *(ROOT / "datasets").rglob("*.md"),
    *(ROOT / "src/cleanplate/segment/models").glob("*.md"),
    *(page for page in DOCS.rglob("*.md") if page.name != "commands.md"),
]


def small(sample: Path, target: Path) -> None:
    """Copy a capture with every fifth view: as many as refine each other."""
    shutil.copytree(sample, target)
    path = target / "capture.json"
    document = json.loads(path.read_text())
    document["views"] = document["views"][::5]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_run_as_printed(guide: str, tmp_path: Path) -> None:
    small(SAMPLES / GUIDES[guide], tmp_path / "captures" / GUIDES[guide])
    follow(DOCS / guide, tmp_path, partial=("run", "segment", "refine"))


README = ROOT / "README.md"
ELSEWHERE = {"calibrate", "check-asset", "compare", "render", "dataset", "train", "export"}
"""Commands of the README that take long or other input: their own guides and tests run them."""


def test_the_readme_s_commands_run_in_their_order(tmp_path: Path) -> None:
    take(tmp_path / "photos", 36)
    small(SAMPLES / "B0TEAPOT01", tmp_path / "in/B0TEAPOT01")
    sample = "in/B0TEAPOT01"
    run(["cleanplate", "convert", sample, "--to", "matrices", "--out", "P.json"], tmp_path)
    names = {"CAPTURE...": sample, "CAPTURE": sample, "CAPTURES": "in", "DIR": f"{sample}/masks"}
    names |= {"PHOTOS": sample, "A": "B000000009", "FILE": "P.json", "results": "all"}
    ran = []
    for words in commands(README):
        if words[1] in ELSEWHERE or words[1] in SERVING:
            continue
        meant = names | ({"CAPTURE": "imported"} if words[1] == "import" else {})
        own = "photos" in words or "captures" in words
        run(words, tmp_path, ("run", "import", "refine"), {} if own else meant)
        ran.append(words[1])
    assert len(ran) >= 12 and set(ran) >= {"import", "run", "status", "evaluate", "reconstruct"}
    assert (tmp_path / "model.glb").is_file() and (tmp_path / "all/overview.html").is_file()
    assert len(list((tmp_path / "results").glob("*/*.glb"))) == 1


def test_every_command_of_every_page_has_the_form_that_the_command_line_takes() -> None:
    shown = [(page, words, True) for page in PAGES for words in commands(page)]
    told = [(page, words, False) for page in PAGES for words in mentioned(page)]
    assert len(shown) > 80 and len(told) > 20
    odd = [
        f"{page.relative_to(ROOT)}: {' '.join(words)}: {why}"
        for page, words, whole in (*shown, *told)
        if (why := fault(words, whole))
    ]
    assert not odd, "\n".join(odd)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("cleanplate fly", "no command"),
        ("cleanplate dataset fly D", "no command"),
        ("cleanplate run captures --owt out", "No such option"),
        ("cleanplate run captures --shard", "requires an argument"),
        ("cleanplate calibrate rig photos --out rig --no-flat", "No such option"),
    ],
)
def test_a_command_that_there_is_not_would_be_noticed(line: str, why: str) -> None:
    assert why in fault(line.split(), whole=True)


def test_what_must_be_given_is_asked_for_where_a_command_stands_by_itself() -> None:
    assert fault(["cleanplate", "run", "captures"], whole=True) == "lacks out"
    assert fault(["cleanplate", "run", "captures"], whole=False) == ""
