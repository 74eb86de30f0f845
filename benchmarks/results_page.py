"""docs/results.md, and the blocks of README.md and the model cards between their markers, from docs/results/*.json.

    python benchmarks/results_page.py --compare DIR      first takes in what `cleanplate compare --out DIR` wrote;
                                                         rows of methods that it has not stay, with their own date
    python benchmarks/results_page.py --yields DIR       the same for what `cleanplate yield --out DIR` wrote
    python benchmarks/results_page.py                    writes the pages anew

`ablations.py` and `scaling.py` write their JSON into docs/results. The words are in
results_page/*.md.j2.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import jinja2
import PIL.Image
from ablations import table as ablation_table
from learning_curve import table as learning_table
from scaling import table as scaling_table

from cleanplate.evaluate.measured import measured
from cleanplate.evaluate.tables import COLUMNS, OBSERVED, number
from cleanplate.evaluate.yields import EXACT, SINGLE, summarise, yield_table
from cleanplate.files import atomic_path, json_text, write_bytes, write_json

ROOT = Path(__file__).parents[1]
MODELS = Path("src/cleanplate/segment/models")
FIGURES = tuple(f"figure{n}{suffix}" for n in (3, 4, 5) for suffix in ("", "-errors"))
WIDTH = 1100
"""Of a figure, in pixels: a page's, and a repository does not forget pictures."""
TAGS = ("thin", "holes", "fine", "concave", "transparent", "reflective", "white")
"""The tags of shapes and kinds; all others are materials."""
PER_METHOD = ("by_elevation", "by_tag", "differences", "observations", "product_mean", "seconds_per_view", "table")
"""Tables of a comparison that have a row for each method."""
BEGIN, END = "<!-- results: written by benchmarks/results_page.py -->", "<!-- end of results -->"


def main() -> None:
    """Take in a comparison if there is one, and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", type=Path, help="what `cleanplate compare --out` wrote")
    parser.add_argument("--yields", type=Path, help="what `cleanplate yield --out` wrote")
    parser.add_argument("--keep-seconds", action="store_true", help="the earlier ones: this one ran beside other work")
    given = parser.parse_args()
    if given.compare:
        take_in(given.compare, ROOT / "docs" / "results", given.keep_seconds)
    if given.yields:
        take_in_yield(given.yields, ROOT / "docs" / "results" / "yield.json")
    for path, text in render(ROOT).items():
        write_bytes(path, text.encode())


def take_in(source: Path, target: Path, keep_seconds: bool = False) -> None:
    """Copy a comparison's JSON, with what it was measured on, and its figures as JPEG."""
    found = json.loads((source / "compare.json").read_bytes())
    found |= {"measured": measured() | {"command": found["command"]}}
    path = target / "compare.json"
    if path.is_file():
        before = json.loads(path.read_bytes())
        found = with_earlier(found, before)
        if keep_seconds:
            clock = before.get("seconds_measured", before["measured"])
            found |= {"seconds_per_view": before["seconds_per_view"], "seconds_measured": clock}
    write_json(path, found)
    for name in FIGURES:
        (target / f"{name}.jpg").unlink(missing_ok=True)
        if (source / f"{name}.png").is_file():
            with atomic_path(target / f"{name}.jpg") as temporary:
                image = PIL.Image.open(source / f"{name}.png")
                image.thumbnail((WIDTH, image.height))
                image.save(temporary, quality=70, optimize=True)


def take_in_yield(source: Path, path: Path) -> None:
    """Take in a yield, and keep an earlier one's rows of methods that it has not, of the same products."""
    found, before = json.loads((source / "yield.json").read_bytes()), json.loads(path.read_bytes())
    rows = before["rows"] | found["rows"]
    if len({tuple(row["asin"] for row in each) for each in rows.values()}) != 1:
        raise ValueError(f"{source}: not the products of {path}; remove that to begin anew")
    kept = [name for name in rows if name not in found["rows"]]
    single = {name for name in found["rows"] if name.endswith(SINGLE)}
    words = [f"--model {name}" for name in found["rows"] if name != EXACT and name not in single]
    words += ["--single"] if single else []
    command = f"cleanplate yield yield-30 --out yield {' '.join(words)} --texture {found['texture']}"
    facts = {"measured": measured() | {"command": command}, "earlier": _when(before, kept)}
    write_json(path, found | summarise(rows) | facts)


def with_earlier(found: dict, before: dict) -> dict:
    """Return a comparison with the rows of an earlier one's methods that it has not, of networks that are not shipped.

    Raises:
        ValueError: they were measured on other products, or against another reference.
    """
    for name in ("products", "views", "reference"):
        if found[name] != before[name]:
            raise ValueError(f"{name}: {found[name]} now, {before[name]} before; remove compare.json to begin anew")
    kept = [name for name in before["methods"] if name not in found["methods"]]
    tables = {table: {name: before[table][name] for name in kept if name in before[table]} for table in PER_METHOD}
    joined = {table: found[table] | rows for table, rows in tables.items()}
    return found | joined | {"methods": [*found["methods"], *kept], "earlier": _when(before, kept)}


def _when(before: dict, kept: Sequence[str]) -> dict[str, dict]:
    """Return when and how the rows that are kept of an earlier result were measured."""
    return {name: before.get("earlier", {}).get(name, before["measured"]) for name in kept}


def render(root: Path) -> dict[Path, str]:
    """Return the text of docs/results.md and README.md."""
    folder = root / "docs" / "results"
    data = {path.stem: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}
    if "compare" in data:
        data["compare"] = _in_order(data["compare"])
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(root / "benchmarks" / "results_page"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.filters |= {"mean": _mean, "interval": _interval}
    shared = {
        "compare": data.get("compare"),
        "columns": _columns(data.get("compare")),
        "observed": OBSERVED,
        "figures": [name for name in FIGURES if (folder / f"{name}.jpg").is_file()],
        "number": number,
        "tags": TAGS,
        "learning_data": data.get("learning"),
    }
    tables = {
        "yield": yield_table,
        "ablations": ablation_table,
        "ablations_cpu": ablation_table,
        "learning": learning_table,
        "scaling": scaling_table,
    }
    page = templates.get_template("results.md.j2").render(
        **shared,
        **{f"{name}_data": data.get(name) for name in tables if name != "learning"},
        **{f"{name}_table": table(data[name]) if name in data else "" for name, table in tables.items()},
    )
    block = templates.get_template("readme.md.j2").render(**shared)
    pages = {root / "docs" / "results.md": page, root / "README.md": _between(root / "README.md", block)}
    for facts in sorted((root / MODELS).glob("*.json")) if "compare" in data else ():
        card = json.loads(facts.read_bytes())
        if card["method"] in data["compare"]["table"]:
            block = templates.get_template("card.md.j2").render(**shared, method=card["method"])
            pages[facts.with_suffix(".md")] = _between(facts.with_suffix(".md"), block)
            card["test"] = _figures(data["compare"], card["method"])
            pages[facts] = json_text(card)
    return pages


def _between(path: Path, block: str) -> str:
    """Return a page with the block in place of what its markers enclose."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{block}{END}{rest.partition(END)[2]}"


def _columns(compare: dict | None) -> dict:
    """Return the columns that a comparison knows; one of an earlier version may lack some."""
    rows = compare["table"].values() if compare else []
    return {name: title for name, title in COLUMNS.items() if all(name in row for row in rows)}


def _figures(compare: dict, method: str) -> dict:
    """Return a model card's figures: what its network measures on the test products."""
    found = {name: round(values["mean"], 4) for name, values in compare["table"][method].items() if name in COLUMNS}
    where = Path(compare["command"].partition("--truth ")[2].split()[0]).name
    return found | {"captures": f"{where}: {compare['products']} products, {compare['views']} views"}


def _in_order(compare: dict) -> dict:
    """Return a comparison whose tables have the methods in the order given; JSON sorts them."""
    names = [*compare["methods"], *(f"{name}, upside down" for name in compare["methods"])]
    tables = ("table", "differences", "by_tag", "by_elevation", "observations")
    return compare | {
        table: {name: compare[table][name] for name in names if name in compare[table]} for table in tables
    }


def _mean(values: dict, metric: str) -> str:
    """Return a metric's mean of a table's row."""
    return number(metric, values[metric]["mean"])


def _interval(values: dict, metric: str) -> str:
    """Return a metric's mean above its interval; a dash where there is none."""
    if metric not in values:
        return "-"
    found = values[metric]
    return f"{number(metric, found['mean'])}<br>{number(metric, found['low'])} to {number(metric, found['high'])}"


if __name__ == "__main__":
    main()
