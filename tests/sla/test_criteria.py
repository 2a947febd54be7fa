"""Conditions: what is refused, how they are judged, how they explain themselves, and how they read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.criteria import (
    ActivityFact,
    Facts,
    check_criteria,
    contradictions,
    fields_of,
    fold,
    holds,
    in_words,
    is_blank,
    judge,
    lapses_at,
    text_of,
)

AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def field(name: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": name, "op": op} | ({} if value is None else {"value": value})


def facts(*deeds: ActivityFact, **values: Any) -> Facts:
    return Facts({name.replace("__", "."): value for name, value in values.items()}, deeds, AT)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"), (False, "no"), (7, "7"), (7.0, "7"), (2.50, "2.5"), (1e22, "1" + "0" * 22), (1e-7, "0.0000001"),
        (-0.0, "0"), (["a", 2, None, " ", True], "a, 2, yes"), ({"a": 1}, ""), (None, ""), (float("nan"), ""),
    ],
)  # fmt: skip
def test_every_value_has_one_spelling(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  ÄRZTE\u00a0", "ärzte"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("İzmir", "İzmir"), ("STRAßE", "straße"), ("\tAbC\n", "abc")],
)
def test_text_is_compared_without_case_and_surrounding_blanks(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("value", [None, "", "  \t", [], [" "], {}, {"a": 1}])
def test_what_cannot_be_read_is_not_there(value: Any) -> None:
    assert is_blank(value)
    assert holds(field("f", "missing"), facts(f=value))
    assert holds(field("f", "is_not", "x"), facts(f=value))
    assert holds(field("f", "not_in", ["x"]), facts(f=value))
    for op, wanted in (("is", "x"), ("contains", "x"), ("at_least", 0), ("at_most", 9), ("until", "2026-01-01")):
        assert not holds(field("f", op, wanted), facts(f=value))


@pytest.mark.parametrize(
    ("op", "wanted", "value", "expected"),
    [
        ("is", "RETAIL ", " retail", True), ("is", 50, "50", True), ("is", True, "yes", True), ("is", "5", 5.0, True),
        ("in", ["A", "b"], "B", True), ("not_in", ["A"], "b", True), ("contains", "ead", "Head of Sales", True),
        ("starts_with", "HEAD", "head of", True), ("ends_with", "Sales", "head of sales", True),
        ("at_least", 50, "50", True), ("at_least", 50, "fifty", False), ("at_least", 50, True, False),
        ("more_than", "49.9", 50, True), ("less_than", 50, 50, False), ("at_most", 50, "5e1", False),
        ("between", [50, 60], 60, True), ("between", [50, 60], 60.01, False),
        ("since", "2026-03-01", "2026-03-01T09:00:00Z", True), ("since", "2026-03-02", "2026-03-01", False),
        ("until", "2026-03-01", "2026-03-01", True), ("until", "2026-03-01", "1 March", False),
        ("present", None, "x", True), ("missing", None, "x", False), ("is", "a, b", ["A", "B"], True),
    ],
)  # fmt: skip
def test_operators(op: str, wanted: Any, value: Any, expected: bool) -> None:
    assert not check_criteria(field("f", op, wanted))
    assert judge(field("f", op, wanted), facts(f=value)).holds is expected


def test_behaviour_counts_within_its_days_and_not_the_future() -> None:
    deeds = [ActivityFact("webinar", AT - days * DAY, {"topic": "Pricing"}) for days in (1, 29, 30)]
    deeds.append(ActivityFact("webinar", AT + DAY, {"topic": "pricing"}))
    leaf = {"activity": "webinar", "within_days": 30, "where": {"topic": "pricing"}}
    assert judge(leaf, facts(*deeds)).found == 2
    assert holds({**leaf, "at_least": 2}, facts(*deeds))
    assert not holds({**leaf, "at_least": 3}, facts(*deeds))
    assert not holds({**leaf, "where": {"topic": "sport"}}, facts(*deeds))


def test_a_deed_lapses_when_it_grows_too_old_to_count() -> None:
    deeds = [ActivityFact("webinar", AT - days * DAY) for days in (1, 29, 40)]
    assert lapses_at({"none": [{"activity": "webinar", "within_days": 30}]}, facts(*deeds)) == AT + DAY
    assert lapses_at({"activity": "webinar"}, facts(*deeds)) is None


A, B, C = field("a", "is", "1"), field("b", "is", "1"), field("c", "is", "1")


@pytest.mark.parametrize(
    ("criteria", "values", "reasons"),
    [
        ({"all": [A, B, C]}, {"b": "1"}, ["a is 1", "c is 1"]),
        ({"all": [A, {"any": [B, C]}]}, {"a": "1"}, ["b is 1 or c is 1"]),
        ({"none": [A, B]}, {"b": "1"}, ["not b is 1"]),
        ({"at_least": 2, "of": [A, B, C]}, {"a": "1"}, ["at least 2 of: a is 1; b is 1; c is 1"]),
        ({"all": [{"none": [A]}, {"all": [B]}]}, {"a": "1"}, ["not a is 1", "b is 1"]),
        ({"any": [A]}, {}, ["a is 1"]),
        ({"all": [A]}, {"a": "1"}, []),
    ],
)
def test_a_failing_condition_names_the_least_that_stands_in_the_way(criteria, values, reasons) -> None:
    assert [part.words for part in judge(criteria, facts(**values)).failures()] == reasons


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({}, "always"),
        ({"all": [A, {"any": [B, {"none": [A, C]}]}]}, "a is 1 and (b is 1 or (none of: a is 1; c is 1))"),
        ({"none": [field("company.industry", "in", ["Retail", "Steel"])]}, "not company industry is one of Retail, Steel"),
        (field("attributes.What_is.this?", "between", [1, 2.5]), "What_is.this? is between 1 and 2.5"),
        ({"activity": ["webinar", "fair"], "at_least": 2, "within_days": 30, "where": {"topic": "a"}},
         "webinar or fair (topic a) was seen at least 2 times within 30 days"),
    ],
)  # fmt: skip
def test_conditions_read_as_sentences(criteria: dict[str, Any], words: str) -> None:
    assert in_words(criteria) == words


def test_words_may_use_the_readers_own_names_of_fields() -> None:
    assert in_words({"all": [field("company.industry", "missing")]}, lambda name: "Industry") == "Industry is not known"


@pytest.mark.parametrize(
    "wrong",
    [
        7, {"all": []}, {"all": [{}]}, {"all": [A], "any": [B]}, {"all": [A], "at_least": 1}, {"some": [A]},
        {"of": [A, B]}, {"at_least": 3, "of": [A, B]}, {"at_least": True, "of": [A]},
        field("no such thing", "is", "x"), field("f", "like", "x"), field("f", "is"), field("f", "is", " "),
        field("f", "is", "a\x00b"), field("f", "is", [1]), field("f", "in", []), field("f", "in", "x"),
        field("f", "at_least", "many"), field("f", "at_least", float("inf")), field("f", "between", [2, 1]),
        field("f", "between", [1]), field("f", "present", "x"), field("f", "since", "March"),
        {"field": "f", "op": "is", "value": "x", "note": "y"},
        {"activity": ""}, {"activity": []}, {"activity": "a", "at_least": 0}, {"activity": "a", "within_days": 1.5},
        {"activity": "a", "within_days": 99_999}, {"activity": "a", "where": ["x"]}, {"activity": "a", "where": {"b": []}},
        {"activity": "a", "since": 3},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"all": [A]}]}]}]}]}]}]},
    ],
)  # fmt: skip
def test_bad_form_is_refused_with_a_sentence(wrong: Any) -> None:
    problems = check_criteria(wrong)
    assert problems
    assert all(problem.endswith(".") for problem in problems)


def test_a_field_nobody_knows_is_refused() -> None:
    assert check_criteria({"none": [A]}, frozenset({"b"})) == ["Nothing is known by the name 'a'."]
    assert not check_criteria({"none": [A]}, frozenset({"a"}))


@pytest.mark.parametrize(
    "criteria",
    [
        {"all": [field("f", "is", "a"), field("f", "is", "b")]},
        {"all": [field("f", "in", ["a", "b"]), field("f", "not_in", ["A ", "B"])]},
        {"all": [field("f", "at_least", 5), {"all": [field("f", "less_than", 5)]}]},
        {"all": [field("f", "more_than", 5), field("f", "between", [1, 5])]},
        {"all": [field("f", "present"), field("f", "missing")]},
        {"all": [field("f", "is", "a"), {"none": [field("f", "is", "A")]}]},
        {"all": [field("f", "is", "a"), {"none": [{"any": [B, field("f", "present")]}]}]},
        {"all": [field("f", "is", "12"), field("f", "at_least", 13)]},
        {"all": [field("f", "is", "apple"), field("f", "starts_with", "b")]},
        {"all": [field("f", "since", "2026-03-02"), field("f", "until", "2026-03-01")]},
        {"at_least": 2, "of": [field("f", "is", "a"), field("f", "is", "b")]},
        {"all": [{"activity": "webinar"}, {"none": [{"activity": "webinar"}]}]},
        {"all": [field("f", "contains", "students"), {"none": [field("f", "contains", "Student")]}]},
        {"all": [field("f", "starts_with", "head"), field("f", "starts_with", "vp")]},
        {"all": [field("f", "ends_with", "abc"), {"none": [field("f", "contains", "b")]}]},
        {"all": [field("f", "at_least", 20), {"none": [field("f", "at_least", 10)]}]},
        {
            "all": [
                {"activity": ["demo"], "at_least": 2, "within_days": 7},
                {"none": [{"activity": ["demo", "trial"], "within_days": 30}]},
            ]
        },
    ],
)
def test_what_can_never_hold_is_found(criteria: dict[str, Any]) -> None:
    assert len(contradictions(criteria)) == 1
    assert check_criteria(criteria) == contradictions(criteria)


@pytest.mark.parametrize(
    "criteria",
    [
        {"any": [field("f", "is", "a"), field("f", "is", "b")]},
        {"all": [field("f", "at_least", 5), field("f", "at_most", 5)]},
        {"all": [field("f", "more_than", 4), field("f", "at_least", 5), field("f", "at_most", 5)]},
        {"all": [field("f", "missing"), field("f", "is_not", "a")]},
        {"none": [field("f", "is", "a"), field("f", "is", "b")]},
        {"none": [{"all": [field("f", "present"), B]}, field("f", "missing")]},
        {"all": [field("f", "starts_with", "head"), field("f", "starts_with", "Head of")]},
        {"all": [field("f", "contains", "student"), {"none": [field("f", "contains", "students")]}]},
        {"none": [field("f", "at_least", 10), field("f", "at_most", 10)]},
        {"all": [{"activity": "demo", "within_days": 30}, {"none": [{"activity": "demo", "within_days": 7}]}]},
        {"all": [{"activity": "demo"}, {"none": [{"activity": "demo", "at_least": 2}]}]},
    ],
)
def test_what_may_hold_is_let_through(criteria: dict[str, Any]) -> None:
    assert contradictions(criteria) == []


def test_a_choice_of_which_every_part_is_impossible_is_found_with_each_reason() -> None:
    either = {"any": [field("f", "is", "a"), {"all": [field("g", "at_least", 5), A]}]}
    found = contradictions({"all": [either, field("f", "is", "b"), field("g", "less_than", 5)]})
    assert [problem.split(" can never")[0] for problem in found] == ["f", "g"]


SIMPLE = st.one_of(
    st.builds(field, st.sampled_from("fg"), st.sampled_from(["is", "is_not", "contains", "starts_with", "ends_with"]),
              st.sampled_from(["a", "ab", "b", "5"])),
    st.builds(field, st.sampled_from("fg"), st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
              st.sampled_from([4, 5, 6])),
    st.builds(field, st.sampled_from("fg"), st.sampled_from(["present", "missing"])),
    st.fixed_dictionaries({"activity": st.sampled_from(["x", ["x", "y"]]), "at_least": st.integers(1, 2)},
                          optional={"within_days": st.sampled_from([1, 9])}),
)  # fmt: skip
NESTED = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(
            lambda parts: {"at_least": 1 + len(parts) // 2, "of": parts}, st.lists(inner, min_size=1, max_size=3)
        ),
    ),
    max_leaves=7,
)
DEEDS = st.lists(
    st.builds(ActivityFact, st.sampled_from("xy"), st.sampled_from([AT, AT - 5 * DAY, AT - 20 * DAY])), max_size=3
)
WORTHS = st.sampled_from([None, "a", "ab", "aba", "b", "5", 4, 5, 5.5, 6])


@given(NESTED, WORTHS, WORTHS, DEEDS)
@settings(max_examples=600)
def test_whatever_holds_for_somebody_is_not_called_impossible(condition: Any, f: Any, g: Any, deeds: list[Any]) -> None:
    if holds(condition, facts(*deeds, f=f, g=g)):
        assert contradictions(condition) == []


@given(NESTED)
@settings(max_examples=300)
def test_and_what_is_called_impossible_is_met_by_nobody(condition: Any) -> None:
    if contradictions(condition):
        everybody = product([None, "a", "ab", "b", "5", 4, 6], repeat=2)
        assert not any(holds(condition, facts(f=f, g=g)) for f, g in everybody)


def test_exclusions_may_contradict_what_is_asked_for() -> None:
    assert contradictions(field("f", "is", "a"), {"any": [field("f", "in", ["a", "b"])]})
    assert not contradictions(field("f", "is", "c"), {"any": [field("f", "in", ["a", "b"])]})


def test_the_fields_of_a_condition_are_found_wherever_they_stand() -> None:
    assert fields_of({"all": [A, {"none": [B, {"activity": "x"}]}, {"at_least": 1, "of": [C]}]}) == {"a", "b", "c"}
