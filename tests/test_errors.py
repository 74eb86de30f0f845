"""What is said to people of many problems."""

from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import gathered


def test_what_many_views_share_is_said_once_with_their_number() -> None:
    problems = [f"view c{n}: /x/images/c{n}.png: not found" for n in range(38)] + ["no model", "view c1: too dark"]
    assert gathered(problems) == [
        "38 views (c0, c1, c2, ..., c37): /x/images/*.png: not found",
        "no model",
        "view c1: too dark",
    ]


def test_two_views_are_named_one_by_one() -> None:
    assert gathered(["view a: dark", "view b: dark"]) == ["view a: dark", "view b: dark"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["dark", "blurred", "8 bits"]))))
def test_no_reason_and_no_count_is_lost(pairs: list[tuple[str, str]]) -> None:
    said = gathered([f"view {view}: {reason}" for view, reason in pairs])
    for reason in {reason for _, reason in pairs}:
        assert any(reason in each for each in said)
    assert len(said) <= len(pairs)
