"""What a network is worth against the pictures that it has seen, and what a power law says of a larger budget.

    python benchmarks/learning_curve.py N=RUN[,RUN] 2N=RUN[,RUN] --json docs/results/learning.json

RUN is a folder of `cleanplate train`; what follows a comma went on from the one before. Through the errors, 1 - mIoU,
of all validations goes error = a pictures^-b by least squares of the logarithms; its interval is that of a prediction
(Student's t over the residuals). Each run has its own held-out pictures: curves of different data do not compare.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import stats

from cleanplate.evaluate.measured import measured
from cleanplate.files import write_json

PAPER_BUDGET = 500 * 16_000 * 2 // 3
"""Pictures that the paper's larger network sees: epochs x pictures, less the third that it holds out."""
METRICS = ("miou", "maccuracy", "hausdorff")


def main() -> None:
    """Read the logs, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN[,RUN]")
    parser.add_argument("--json", type=Path, required=True)
    given = parser.parse_args()
    curves = {}
    for name, _, folders in (each.partition("=") for each in given.runs):
        stages, before = [], 0
        for folder in folders.split(","):
            stages.append(read_log(Path(folder), before))
            before += stages[-1]["steps"] * stages[-1]["batch"]
        curves[name] = {"stages": stages, "law": law([v for s in stages for v in s["validations"]], PAPER_BUDGET)}
    summary = {"curves": curves, "budget": PAPER_BUDGET, "measured": measured()}
    write_json(given.json, summary)
    print(table(summary))


def read_log(run: Path, before: int) -> dict:
    """Return a run's size and batch, the pictures that it trains on, its steps, seconds, and its validations.

    Args:
        before: pictures seen by the runs that it went on from.
    """
    recipe = json.loads((run / "recipe.json").read_bytes())
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    kinds = {kind: [line for line in log if line["kind"] == kind] for kind in ("data", "step", "validation")}
    return {
        "size": recipe["size"],
        "batch": recipe["batch"],
        "pictures": kinds["data"][-1]["training"],
        "steps": kinds["step"][-1]["step"],
        "seconds": log[-1]["time"] - log[0]["time"],
        "validations": [
            {
                "seen": before + line["step"] * recipe["batch"],
                **{name: line[name] for name in METRICS},
            }
            for line in kinds["validation"]
        ],
    }


def law(validations: list[dict], budget: float) -> dict | None:
    """Return the power law's factor and exponent, and its error at `budget` pictures with a 95% interval."""
    seen, errors = (np.log(each) for each in zip(*((v["seen"], 1 - v["miou"]) for v in validations), strict=True))
    if len(seen) < 4:
        return None
    line = stats.linregress(seen, errors)
    residuals = errors - (line.intercept + line.slope * seen)
    spread = np.sqrt(np.sum(residuals**2) / (len(seen) - 2))
    far = np.log(budget)
    leverage = 1 + 1 / len(seen) + (far - seen.mean()) ** 2 / np.sum((seen - seen.mean()) ** 2)
    half = stats.t.ppf(0.975, len(seen) - 2) * spread * np.sqrt(leverage)
    at = line.intercept + line.slope * far
    return {
        "factor": float(np.exp(line.intercept)),
        "exponent": float(-line.slope),
        "error": float(np.exp(at)),
        "low": float(np.exp(at - half)),
        "high": float(min(np.exp(at + half), 1)),
    }


def table(summary: dict) -> str:
    """Return the summary as Markdown."""
    lines = ["| run | size | trained on | seen | mIoU | mAccuracy | Hausdorff px |", "|---" * 7 + "|"]
    for name, curve in summary["curves"].items():
        for stage in curve["stages"]:
            size = f"{stage['size'][1]}x{stage['size'][0]}"
            lines += [
                f"| {name} | {size} | {stage['pictures']:,} | {each['seen']:,} | {each['miou']:.4f} "
                f"| {each['maccuracy']:.4f} | {each['hausdorff']:.2f} |"
                for each in stage["validations"]
            ]
    for name, curve in summary["curves"].items():
        if curve["law"]:
            found = curve["law"]
            lines += [
                "",
                f"{name}: error = {found['factor']:.3f} n^({-found['exponent']:+.3f}); at the paper's "
                f"{summary['budget']:,} pictures mIoU {1 - found['error']:.3f} ({1 - found['high']:.3f} to "
                f"{1 - found['low']:.3f}).",
            ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
