from kpi_engine.editions import Edition, Override, corrected


def edition(body: str, valid_from: int | None = None, kind: str = "policies") -> Edition:
    return Edition(kind, "", valid_from, body, {"body": body})


def dated(editions: list[Edition]) -> list[tuple[int | None, str]]:
    return [(each.valid_from, each.digest) for each in editions]


FIRST, SECOND, THIRD = edition("a"), edition("b", 100), edition("c", 200)
LINE = [FIRST, SECOND, THIRD]


def test_without_corrections_editions_stay_as_they_are() -> None:
    assert corrected(LINE, []) == LINE


def test_a_correction_holds_over_its_span_and_no_further() -> None:
    overrides = [Override(20, 50, {("policies", ""): THIRD})]
    assert dated(corrected(LINE, overrides)) == [(None, "a"), (20, "c"), (50, "a"), (100, "b"), (200, "c")]


def test_a_correction_across_a_change_hides_it() -> None:
    overrides = [Override(90, 150, {("policies", ""): THIRD})]
    assert dated(corrected(LINE, overrides)) == [(None, "a"), (90, "c"), (150, "b"), (200, "c")]


def test_of_two_corrections_the_later_made_one_holds() -> None:
    overrides = [Override(20, 60, {("policies", ""): SECOND}), Override(40, 80, {("policies", ""): THIRD})]
    assert dated(corrected(LINE, overrides)) == [
        (None, "a"),
        (20, "b"),
        (40, "c"),
        (80, "a"),
        (100, "b"),
        (200, "c"),
    ]


def test_a_correction_to_what_held_anyway_changes_nothing() -> None:
    assert corrected([FIRST], [Override(20, 50, {("policies", ""): FIRST})]) == [FIRST]


def test_what_a_correction_is_not_about_stays() -> None:
    agent = edition("An", kind="agent")
    assert corrected([FIRST, agent], [Override(20, 50, {("policies", ""): THIRD})])[-1] == agent
