"""Choosing a test set that is balanced over tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from cleanplate.render.recipes import Source


def balanced(
    candidates: Sequence[Source],
    tags_of: Callable[[Source], tuple[str, ...] | None],
    count: int,
    per_family: int,
) -> list[Source]:
    """Up to `count` candidates, each the one whose rarest tag is rarest among those chosen so far; greedy.

    A candidate whose tags are None is left out; one without tags counts as having the tag "none".
    """
    tagged = [(c, tags) for c in candidates if (tags := tags_of(c)) is not None]
    tag_counts: Counter[str] = Counter()
    families: Counter[str] = Counter()
    chosen: list[Source] = []
    while tagged and len(chosen) < count:
        best = min(
            range(len(tagged)),
            key=lambda i: (
                min(tag_counts[t] for t in tagged[i][1] or ("none",)),
                families[tagged[i][0].family],
                sum(tag_counts[t] for t in tagged[i][1]),
            ),
        )
        candidate, tags = tagged.pop(best)
        chosen.append(candidate)
        families[candidate.family] += 1
        tag_counts.update(tags or ("none",))
        if families[candidate.family] >= per_family:
            tagged = [t for t in tagged if t[0].family != candidate.family]
    return chosen
