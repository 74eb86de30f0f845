"""Ablations of the paper's network: the same pictures, steps and seed, one thing changed at a time.

    python benchmarks/ablations.py PACKS --out D --json docs/results/ablations.json

Every variant of `variants.py` is trained on the same packs and measured on one view of each of their validation
products. Resumes: a finished run is one JSON below D/runs. With --table nothing is trained; what is there is summed
up. A difference counts as significant if its 95% interval, by bootstrap over products of the mean over seeds, leaves
out 0, and every seed has its sign; with one seed it is called so only "of this seed".
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from small_runs import arguments, held_out, interval, resampled, run, values
from variants import Ablation, ablations

from cleanplate.evaluate.measured import measured
from cleanplate.files import write_json


def main() -> None:
    """Train what is missing, print and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="of " + ", ".join(ablations()))
    parser.add_argument("--width", type=int, default=256, help="channels of ASPP and decoder")
    given = parser.parse_args()
    height, width = (int(side) for side in given.size.split("x"))
    variants = ablations((height, width), given.width, given.lr, given.batch)
    chosen = {name: variants[name] for name in given.only or variants}
    test = [] if given.table else held_out(given.packs)
    for seed in [] if given.table else given.seeds:
        for name, ablation in chosen.items():
            recipe = replace(ablation.recipe, seed=seed)
            result = run(recipe, ablation.init, given.packs, given.steps, test, _path(given.out, name, seed))
            miou = values(result, "miou").mean()
            print(f"{name}, seed {seed}: mIoU {miou:.4f}, {result['steps']} steps", flush=True)
    summary = summarise({name: _results(given.out, name) for name in chosen}, chosen)
    summary["settings"] = {name: getattr(given, name) for name in ("size", "width", "lr", "batch", "steps")}
    summary["measured"] = measured()
    write_json(given.json or given.out / "ablations.json", summary)
    print(table(summary))


def _path(out: Path, name: str, seed: int) -> Path:
    return out / "runs" / f"{name.replace(' ', '_').replace(',', '')}-seed{seed}.json"


def _results(out: Path, name: str) -> dict[int, dict]:
    found = (out / "runs").glob(_path(out, name, 0).name.replace("seed0", "seed*"))
    return {result["seed"]: result for path in sorted(found) if (result := json.loads(path.read_bytes()))}


def summarise(results: dict[str, dict[int, dict]], variants: dict[str, Ablation]) -> dict:
    """Return each variant's means, and its difference to its reference over the seeds that both have."""
    rows = {}
    for name, seeds in results.items():
        if not seeds:
            continue
        first = next(iter(seeds.values()))
        rows[name] = {
            "seeds": sorted(seeds),
            "steps": first["steps"],
            "images": first["images"],
            **{
                metric: float(np.mean([values(each, metric) for each in seeds.values()]))
                for metric in ("miou", "hausdorff")
            },
        }
        reference = variants[name].reference
        both = sorted(set(seeds) & set(results.get(reference, {})))
        if reference != name and both:
            rows[name] |= {"reference": reference, "difference": _difference(seeds, results[reference], both)}
    return {"variants": rows}


def _difference(ours: dict[int, dict], theirs: dict[int, dict], seeds: list[int]) -> dict:
    per_seed = np.stack([values(ours[seed], "miou") - values(theirs[seed], "miou") for seed in seeds])
    each = per_seed.mean(axis=0)
    found = interval(resampled(len(each)) @ each, each.mean())
    outside = found["low"] > 0 or found["high"] < 0
    same_sign = len(set(np.sign(per_seed.mean(axis=1)))) == 1
    verdict = "no" if not (outside and same_sign) else "yes" if len(seeds) > 1 else "of this seed"
    return {**found, "seeds": seeds, "per_seed": per_seed.mean(axis=1).tolist(), "significant": verdict}


def table(summary: dict) -> str:
    """Return the summary as Markdown."""
    lines = [
        "| variant | seeds | steps | mIoU | Hausdorff px | mIoU less its reference's | significant |",
        "|---" * 7 + "|",
    ]
    for name, row in summary["variants"].items():
        change = row.get("difference")
        told = f"{change['mean']:+.4f} ({change['low']:+.4f} to {change['high']:+.4f})" if change else "reference"
        lines.append(
            f"| {name} | {len(row['seeds'])} | {row['steps']} | {row['miou']:.4f} | {row['hausdorff']:.2f} | {told} "
            f"| {change['significant'] if change else ''} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
