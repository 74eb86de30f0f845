"""More data: the same steps on N, 2N, 4N packs, a power law through the errors, and what the paper's rows need.

    python benchmarks/scaling.py PACKS --out D --json docs/results/scaling.json

The error is 1 - mIoU on one view of each validation product of all packs; error = a N^-b is fitted over all sizes and
seeds. The sets are nested, and every run sees as many pictures. Resumes: a finished run is one JSON below D/runs. With
--table nothing is trained.
"""

import json
from dataclasses import replace

import numpy as np
from small_runs import arguments, held_out, interval, resampled, run, values
from variants import COMPACT, REFERENCE, ablations

from cleanplate.evaluate.measured import measured
from cleanplate.files import write_json
from cleanplate.train.pairs import Pairs, sources

NETWORKS = {"compact": COMPACT, "paper": REFERENCE}
PAPERS_ROWS = {"8k": 0.9373, "16k": 0.9597}
"""mIoU of the paper's Table 1."""


def main() -> None:
    """Train what is missing, print and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["compact"])
    given = parser.parse_args()
    height, width = (int(side) for side in given.size.split("x"))
    variants = ablations((height, width), lr=given.lr, batch=given.batch)
    packs = sources(given.packs)
    test = [] if given.table else held_out(packs)
    counts = [len(packs) >> n for n in range(3) if len(packs) >> n] if not given.table else []
    for count in sorted(counts):
        pairs = Pairs(0.1)
        pairs.add(packs[:count])
        pictures = len(pairs.side("train"))
        for seed in given.seeds:
            for network in given.networks:
                ablation = variants[NETWORKS[network]]
                recipe, out = replace(ablation.recipe, seed=seed), given.out / "runs" / f"{network}-{count}-{seed}.json"
                result = run(recipe, ablation.init, packs[:count], given.steps, test, out)
                write_json(out, result | {"pictures": pictures})
                print(
                    f"{network}, {pictures} pictures, seed {seed}: mIoU {values(result, 'miou').mean():.4f}", flush=True
                )
    summary = {"networks": {}, "settings": {name: getattr(given, name) for name in ("size", "lr", "batch", "steps")}}
    for network in given.networks:
        paths = sorted((given.out / "runs").glob(f"{network}-*.json"))
        if paths:
            summary["networks"][network] = fit([json.loads(path.read_bytes()) for path in paths])
    summary["measured"] = measured()
    write_json(given.json or given.out / "scaling.json", summary)
    print(table(summary))


def fit(results: list[dict]) -> dict:
    """Return the mean error per size, the power law through them, and the sizes at which the paper's rows lie.

    Intervals are over test products; the law says nothing of sizes far from those that were run.
    """
    sizes = sorted({result["pictures"] for result in results})
    errors = np.stack(
        [np.mean([1 - values(each, "miou") for each in results if each["pictures"] == size], axis=0) for size in sizes]
    )
    weights = resampled(errors.shape[1])
    means, samples = errors.mean(axis=1), weights @ errors.T
    points = {
        str(size): interval(samples[:, n], means[n])
        | {"steps": [each["steps"] for each in results if each["pictures"] == size]}
        for n, size in enumerate(sizes)
    }
    if len(sizes) < 2:
        return {"error": points}
    slope, offset = _line(sizes, means[None])[0]
    lines = _line(sizes, samples)
    return {
        "error": points,
        "exponent": interval(-lines[:, 0], -slope),
        "factor": float(np.exp(offset)),
        "pictures_for": {
            row: {
                "mean": _reach(slope, offset, miou),
                "interval": np.percentile([_reach(line[0], line[1], miou) for line in lines], [2.5, 97.5]).tolist(),
            }
            if slope < 0
            else None
            for row, miou in PAPERS_ROWS.items()
        },
    }


def _line(sizes: list[int], errors: np.ndarray) -> np.ndarray:
    """Return slope and offset of log error over log size, for each row of errors."""
    return np.polyfit(np.log(sizes), np.log(errors).T, 1).T


def _reach(slope: float, offset: float, miou: float) -> float:
    """Return the number of pictures at which the law's error is 1 - miou; at most 1e12, which stands for never."""
    return float(np.exp(min((np.log(1 - miou) - offset) / slope, np.log(1e12)))) if slope < 0 else 1e12


def table(summary: dict) -> str:
    """Return the summary as Markdown."""
    lines = ["| network | pictures | steps | 1 - mIoU | 95% |", "|---|---|---|---|---|"]
    for network, found in summary["networks"].items():
        for size, each in found["error"].items():
            interval_ = f"{each['low']:.4f} to {each['high']:.4f}"
            lines.append(f"| {network} | {size} | {each['steps'][0]} | {each['mean']:.4f} | {interval_} |")
    for network, found in summary["networks"].items():
        if "exponent" in found:
            exponent = found["exponent"]
            law = f"{found['factor']:.3f} N^({-exponent['mean']:+.3f})"
            lines += ["", f"{network}: error = {law}; exponent {exponent['low']:.3f} to {exponent['high']:.3f}."]
            for row, reach in found["pictures_for"].items():
                if reach:
                    low, high = reach["interval"]
                    lines.append(f"The paper's {row} row: {reach['mean']:.3g} pictures ({low:.2g} to {high:.2g}).")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
