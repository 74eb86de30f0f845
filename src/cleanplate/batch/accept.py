"""The yield gate: which products are good enough by a rule in plain terms, and in which order to look at the others.

A rule compares measures with numbers, joined by `and`, `or`, `not` and parentheses:

    rule       = term { "or" term } ;         term = factor { "and" factor } ;
    factor     = "not" factor | "(" rule ")" | comparison ;
    comparison = name ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) ( number | word ) ;
"""

import operator
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from cleanplate.batch.status import MEASURES, Record, measure
from cleanplate.errors import CleanplateError, SettingsError
from cleanplate.files import atomic_path, sha256_file

Rule = Callable[[Record], bool]
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
NAMES = (*MEASURES, "seconds", "cpu_seconds", "problems")
TOKEN = re.compile(r"\s*(>=|<=|==|!=|[<>()]|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?%?|[A-Za-z_]+)")
LONGEST, DEEPEST = 1000, 50
"""Characters of a rule; parentheses and `not` in it."""


def parse_rule(text: str) -> Rule:
    """Return the function that tells whether a record passes; one that lacks a measure does not pass a comparison.

    Raises:
        SettingsError: the text is no rule, or names what there is not.
    """
    reader = _Reader(text)
    rule = reader.rule()
    if reader.tokens:
        reader.refuse(f"{reader.tokens[0]!r} after its end")
    return rule


class _Reader:
    """Reads a rule from the left, one token at a time."""

    def __init__(self, text: str) -> None:
        self.text, at, self.tokens = text, 0, list[str]()
        if len(text) > LONGEST:
            self.refuse(f"{len(text)} characters, the limit is {LONGEST}")
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if found is None:
                self.refuse(f"{text[at:].strip()[:20]!r}")
            self.tokens.append(found[1])  # type: ignore[index]
            at = found.end()  # type: ignore[union-attr]
        if self.tokens.count("(") + self.tokens.count("not") > DEEPEST:
            self.refuse(f"more than {DEEPEST} parentheses and 'not'")

    def refuse(self, what: str) -> None:
        raise SettingsError(
            f"--accept {self.text[:100]!r}: cannot read {what}; write a rule such as 'agreement >= .97 and "
            f"views_used >= 30', of: status, {', '.join(NAMES)}"
        )

    def next(self) -> str:
        if not self.tokens:
            self.refuse("on, it ends too early")
        return self.tokens.pop(0)

    def rule(self) -> Rule:
        return self.joined("or", self.term, any)

    def term(self) -> Rule:
        return self.joined("and", self.factor, all)

    def joined(self, word: str, part: Callable[[], Rule], how: Callable[[Sequence[bool]], bool]) -> Rule:
        parts = [part()]
        while self.tokens and self.tokens[0] == word:
            self.next()
            parts.append(part())
        return lambda record: how([each(record) for each in parts])

    def factor(self) -> Rule:
        token = self.next()
        if token == "not":
            inner = self.factor()
            return lambda record: not inner(record)
        if token == "(":
            inner = self.rule()
            if self.next() != ")":
                self.refuse("on, a parenthesis stays open")
            return inner
        return self.comparison(token)

    def comparison(self, name: str) -> Rule:
        sign, value = self.next(), self.next()
        if sign not in COMPARE:
            self.refuse(f"{sign!r} where a comparison should stand")
        compare = COMPARE[sign]
        if name == "status":
            if value not in ("ok", "partial", "failed", "unfinished") or sign not in ("==", "!="):
                self.refuse(f"'status {sign} {value}'")
            return lambda record: compare(record["status"] == value, True)
        if name not in NAMES or not re.match(r"[-+.0-9]", value):
            self.refuse(f"'{name} {sign} {value}'")
        limit = float(value.rstrip("%")) / (100 if value.endswith("%") else 1)

        def passes(record: Record) -> bool:
            got = float(len(record["problems"])) if name == "problems" else measure(record, name)
            return got is not None and compare(got, limit)

        return passes


def gate(found: Sequence[Record], rule: Rule) -> tuple[list[Record], list[Record]]:
    """Return the products that pass, and the others in the order in which a look at them pays.

    Those first of which the most millilitres are in doubt; then, by name, those without a model: correcting masks
    helps none of them.
    """
    passed = [each for each in found if each["status"] in ("ok", "partial") and rule(each)]
    names = {each["folder"] or each["capture"] for each in passed}
    others = [each for each in found if (each["folder"] or each["capture"]) not in names]

    def cost(record: Record) -> tuple[float, str]:
        value = measure(record, "doubt_ml")
        return (-value if value is not None and record["status"] != "failed" else 1.0), record["asin"]

    return passed, sorted(others, key=cost)


def export(passed: Sequence[Record], out: Path, overwrite: bool = False) -> int:
    """Copy the models of products to a folder, and return how many files were written.

    Raises:
        CleanplateError: another file has the place of one; nothing is copied then.
    """
    pairs = [
        (model, out / model.name)
        for each in passed
        for suffix in (".glb", ".usdz")
        for model in sorted(Path(each["folder"]).glob(f"{each['asin']}*{suffix}"))  # of each profile
    ]
    changed = [(model, place) for model, place in pairs if not _same(model, place)]
    taken = [place for _, place in changed if place.exists()]
    if taken and not overwrite:
        raise CleanplateError(
            f"{taken[0]}: is there already, with other contents ({len(taken)} such files); name another folder, or "
            f"replace them with --overwrite"
        )
    for model, place in changed:
        with atomic_path(place) as temporary:
            shutil.copyfile(model, temporary)
    return len(changed)


def _same(one: Path, other: Path) -> bool:
    if not other.is_file() or one.stat().st_size != other.stat().st_size:
        return False
    return sha256_file(one) == sha256_file(other)
