"""A store whose connections are cut, whose server goes away in mid-batch, or which is slow: nothing half, none lost."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cleanplate.batch import run_batch, run_each, stores
from cleanplate.batch.published import manifests
from cleanplate.settings import MASKS, Settings

from .conftest import assert_whole, put
from .faulty_proxy import Faults, between, cut_some

pytest.importorskip("obstore", reason="needs the extra: pip install 'cleanplate[scale]'")
TINY = Settings("classical", resolution=16, refine=False, stages=MASKS)
Make = Callable[[int], list[Path]]
SEEDS = range(int(os.environ.get("CLEANPLATE_ROUNDS", "1")))


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Faults]:
    """The faults of the way to the S3 server; at first there are none."""
    request.getfixturevalue("s3")
    target = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setattr(stores, "PATIENCE", stores.timedelta(seconds=2))
    monkeypatch.setattr(stores, "TIMEOUT", stores.timedelta(seconds=3))
    found = Faults()
    with between((str(target.hostname), int(str(target.port))), found) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        stores.open_store.cache_clear()
        yield found
        stores.open_store.cache_clear()


@pytest.fixture
def batch(s3: str, make: Make, tmp_path: Path) -> tuple[list[str], str, Path]:
    """Captures in a store, an empty place for results, and what a run without a store makes of them."""
    folders = make(5)
    run_batch(folders, tmp_path / "truth", TINY)
    place = f"{s3}/{tmp_path.name}"
    return [put(folder, f"{place}/in/{folder.name}") for folder in folders], f"{place}/out", tmp_path / "truth"


def run(batch: tuple[list[str], str, Path]) -> Counter[str]:
    """Run a batch, and count what became of its products; whatever failed blames the store."""
    uris, out, _ = batch
    results = dict(run_each(uris, out, TINY))
    assert set(results) == set(uris)
    for each in results.values():
        assert each.status == "ok" or "does not answer" in each.problems[0], each.problems
    return Counter(each.status for each in results.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_connections_that_are_cut_lose_nothing_and_leave_nothing_half(
    seed: int, batch: tuple[list[str], str, Path], faults: Faults
) -> None:
    faults.cut = cut_some(0.2, seed)
    first = run(batch)
    assert faults.connections > 50
    faults.cut = lambda _: None
    assert len(manifests(batch[1])) >= first["ok"]
    assert run(batch) == {"ok": 5}
    assert_whole(batch[1], batch[2])


def test_a_store_that_goes_away_in_mid_batch_is_named_and_the_rest_is_made_when_it_is_back(
    batch: tuple[list[str], str, Path], faults: Faults
) -> None:
    faults.gone = lambda number: number > 60
    counts = run(batch)
    assert counts["ok"] >= 1 and counts["failed"] >= 1
    faults.gone = lambda _: False
    assert len(manifests(batch[1])) == counts["ok"]
    assert run(batch) == {"ok": 5}
    assert_whole(batch[1], batch[2])


def test_a_slow_store_is_waited_for_and_a_silent_one_is_given_up(
    batch: tuple[list[str], str, Path], faults: Faults
) -> None:
    faults.delay = 0.2
    uris, out, truth = batch
    some = uris[:2], out, truth
    assert run(some) == {"ok": 2}
    faults.delay, faults.silent = 0.0, True
    begun = time.monotonic()
    assert run((uris[2:3], out, truth)) == {"failed": 1}
    assert time.monotonic() - begun < 60, "bounded by the patience, not by the batch"
    faults.silent = False
    assert {each["result"]["asin"] for each in manifests(out)} == {"B000000000", "B000000001"}
