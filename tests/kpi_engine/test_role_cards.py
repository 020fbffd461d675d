"""Scorecards of roles: the weighed mean of what is attained, what is covered, and what no average may hide."""

import pytest

from kpi_engine.role_cards import Part, RoleCard, graded

DOCUMENT = {
    "teams": ["tier-1"],
    "blocks": [
        {"name": "satisfaction", "weight": 40, "indicators": {"satisfaction_rate": 1}},
        {"name": "quality", "weight": 40, "indicators": {"first_contact_resolution": 3, "reopen_rate": 1}},
        {"name": "efficiency", "weight": 20, "indicators": {"first_reply": 1}},
    ],
    "grades": {"C": 0.75, "A": 1, "D": 0, "B": 0.9},
}
CARD = RoleCard.from_document("support", DOCUMENT)


def test_the_worked_example_of_the_documentation() -> None:
    """Satisfaction attains 0.95, first contact resolution 1.1, reopening 0.5; first reply has no figure yet.

    Weights 0.4, 0.3, 0.1 and 0.2; covered 0.8; (0.4 * 0.95 + 0.3 * 1.1 + 0.1 * 0.5) / 0.8 = 0.95: a B.
    """
    found = graded(CARD, {"satisfaction_rate": 0.95, "first_contact_resolution": 1.1, "reopen_rate": 0.5})
    assert [part.weight for part in found.parts] == pytest.approx([0.4, 0.3, 0.1, 0.2])
    assert found.parts[3] == Part("efficiency", "first_reply", 0.2, None)
    assert (found.coverage, found.attained, found.grade) == (pytest.approx(0.8), pytest.approx(0.95), "B")
    assert found.block("quality") == pytest.approx((3 * 1.1 + 0.5) / 4)
    assert found.block("efficiency") is None
    assert CARD.indicators == ["satisfaction_rate", "first_contact_resolution", "reopen_rate", "first_reply"]


def test_below_three_fifths_of_the_weights_there_is_no_grade() -> None:
    most = graded(CARD, {"satisfaction_rate": 1.0, "first_reply": 1.0})
    assert (most.coverage, most.grade) == (pytest.approx(0.6), "A")
    less = graded(CARD, {"satisfaction_rate": 1.0, "reopen_rate": 1.0})
    assert (less.coverage, less.attained, less.grade) == (pytest.approx(0.5), None, None)
    assert not graded(CARD, {}, severe=1).floored


@pytest.mark.parametrize(("share", "grade"), [(1.2, "A"), (1.0, "A"), (0.999, "B"), (0.75, "C"), (0.74, "D"), (0, "D")])
def test_a_grade_is_given_from_its_attainment_on(share: float, grade: str) -> None:
    assert graded(CARD, dict.fromkeys(CARD.indicators, share)).grade == grade


def test_one_severe_breach_is_enough_for_the_last_grade_whatever_the_average_says() -> None:
    found = graded(CARD, dict.fromkeys(CARD.indicators, 1.1), severe=1)
    assert (found.attained, found.grade, found.floored) == (pytest.approx(1.1), "D", True)
    assert not graded(CARD, dict.fromkeys(CARD.indicators, 0.5), severe=1).floored


def test_a_block_without_weight_or_indicators_takes_nothing_from_the_others() -> None:
    bare = {**DOCUMENT, "blocks": [*DOCUMENT["blocks"], {"name": "later", "weight": 50, "indicators": {}}]}
    assert [part.weight for part in graded(RoleCard.from_document("r", bare), {}).parts] == pytest.approx(
        [0.4, 0.3, 0.1, 0.2]
    )
    nothing = {**DOCUMENT, "blocks": [{"name": "off", "weight": 0, "indicators": {"solved": 1}}]}
    assert graded(RoleCard.from_document("r", nothing), {"solved": 1}).grade is None


def test_a_card_that_begins_above_nothing_still_has_a_last_grade() -> None:
    short = RoleCard.from_document("r", {**DOCUMENT, "grades": {"good": 0.9, "fair": 0.5}})
    assert graded(short, dict.fromkeys(short.indicators, 0.1)).grade == "fair"
