from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.evidence import said
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.verdicts import scale_name
from kpi_engine.measurement import Certainty
from kpi_engine.periods import period_named
from kpi_engine.reduce import Cell, Question, Scope, cell, cells, lines_in

Play = Callable[..., Any]
VIETNAM = "Asia/Ho_Chi_Minh"
OPENED = "06-09 08:00 customer opens assignee=an\n"


def lines(played: Any, key: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- a Played
    """Return what an indicator says: for whom, when, how much, about which part."""
    found = [line for line in played.measurement.lines if line.indicator == key]
    return [(line.agent, played.told(line.at), line.numerator, line.denominator, line.part) for line in found]


def omissions(played: Any, key: str) -> list[tuple[str, str | None]]:  # noqa: ANN401 -- a Played
    """Return why an indicator leaves something out."""
    found = [each for each in played.measurement.omissions if each.indicator == key]
    return [(each.reason, played.told(each.at)) for each in found]


@pytest.fixture
def tell(timelines: ModuleType) -> Callable[..., Any]:
    """Play a timeline under the usual rules and parameters of an indicator."""

    def told(text: str, as_of: str = "06-20 09:00", **parameters: object) -> Any:  # noqa: ANN401
        configured = timelines.edition("parameters", {"indicators": {"satisfaction_rate": parameters}})
        rules = [*timelines.USUAL, configured]
        return timelines.played(timelines.history(text), rules, timelines.moment(as_of))

    return told


def figure(
    timelines: ModuleType, key: str, measured: list[Any], label: str = "2025-06", scope: Scope = Scope.ACCOUNT
) -> Cell | None:
    """Return the account's cell of several played timelines, each a ticket of its own."""
    found = by_subject(timelines, key, measured, label, scope)
    return found.get("acme" if scope is Scope.ACCOUNT else "an")


def by_subject(
    timelines: ModuleType, key: str, measured: list[Any], label: str, scope: Scope
) -> dict[str | None, Cell]:
    period, as_of, indicator = period_named(label, VIETNAM), timelines.moment("07-30 09:00"), INDICATORS[key]
    numbered = [replace(each.measurement, ticket_id=str(number)) for number, each in enumerate(measured)]
    found = lines_in(indicator, numbered, period, as_of, measured[0].rulebook)
    return cells(indicator, found, Question(scope, "acme", period, as_of, {}))


# --- Which verdict counts -------------------------------------------------------------------------------------------

TWICE = OPENED + "06-10 09:00 customer rated bad as r1\n06-11 09:00 customer rated good as r2"


@pytest.mark.parametrize(("policy", "counts"), [("latest", (1, "06-11 09:00")), ("first", (0, "06-10 09:00")),
                                                ("worst", (0, "06-10 09:00"))])  # fmt: skip
def test_of_two_ratings_the_policy_chooses_one(tell: Callable[..., Any], policy: str, counts: tuple[int, str]) -> None:
    played = tell(TWICE, rating_policy=policy)
    ((agent, at, positive, n, part),) = lines(played, "satisfaction_rate")
    assert (agent, positive, at, n, part) == ("an", *counts, 1, None)
    other = "06-10 09:00" if policy == "latest" else "06-11 09:00"
    assert omissions(played, "satisfaction_rate") == [("other_rating", other)]


def test_an_edited_rating_says_what_it_says_last(tell: Callable[..., Any]) -> None:
    text = OPENED + "06-10 09:00 customer rated bad\n06-11 09:00 customer rated good"
    assert lines(tell(text), "satisfaction_rate") == [("an", "06-11 09:00", 1, 1, None)]
    assert lines(tell(text, rating_policy="first"), "satisfaction_rate") == [("an", "06-10 09:00", 0, 1, None)]
    assert lines(tell(text), "positive_feedback") == [("an", "06-11 09:00", 1, 1, "customer")]
    assert lines(tell(text, as_of="06-10 12:00"), "satisfaction_rate") == [("an", "06-10 09:00", 0, 1, None)]
    assert lines(tell(text, as_of="06-10 12:00"), "positive_feedback") == []
    assert lines(tell(text, as_of="06-10 08:00"), "satisfaction_rate") == []


def test_a_withdrawn_rating_counts_no_more_and_another_one_does(tell: Callable[..., Any]) -> None:
    text = OPENED + "06-10 09:00 customer rated bad as r1\n06-11 09:00 customer rated nothing as r1"
    played = tell(text)
    assert lines(played, "satisfaction_rate") == []
    assert omissions(played, "satisfaction_rate") == [("rating_withdrawn", "06-10 09:00")]
    both = text + "\n06-09 12:00 customer rated good as r2"
    assert lines(tell(both), "satisfaction_rate") == [("an", "06-09 12:00", 1, 1, None)]


def test_what_rests_on_a_rating_that_was_seen_late_is_approximate_and_nothing_else(timelines: ModuleType) -> None:
    history = timelines.history(OPENED + "06-10 09:00 customer rated good")
    found = {}
    for since in (None, history.ratings[0].at - 60):
        late = replace(history, ratings=(replace(history.ratings[0], since=since),))
        played = timelines.played(late, timelines.USUAL, timelines.moment("06-20 09:00"))
        found[since] = {line.indicator for line in played.measurement.lines if line.certainty is Certainty.APPROXIMATE}
    assert found[None] == set()
    assert {"satisfaction_rate", "positive_feedback"} <= found[history.ratings[0].at - 60] < set(INDICATORS)
    assert "solved" not in found[history.ratings[0].at - 60]


def test_a_rating_belongs_to_the_assignee_when_it_was_given(tell: Callable[..., Any]) -> None:
    handed = OPENED + "06-10 09:00 customer rated bad{}\n06-10 10:00 assignee becomes binh"
    assert lines(tell(handed.format("")), "satisfaction_rate")[0][0] == "an"
    assert lines(tell(handed.format(" for chi")), "satisfaction_rate")[0][0] == "chi"


@pytest.mark.parametrize(("votes", "positive"), [("against", [0]), ("ignore", []), ("for", [1])])
def test_a_neutral_vote_counts_as_configured(tell: Callable[..., Any], votes: str, positive: list[int]) -> None:
    played = tell(OPENED + "06-10 09:00 customer rated neutral", neutral_votes=votes)
    assert [line[2] for line in lines(played, "satisfaction_rate")] == positive
    said_so = [("neutral_ignored", "06-10 09:00")] if votes == "ignore" else []
    assert omissions(played, "satisfaction_rate") == said_so


@pytest.mark.parametrize(("score", "positive"), [("5 of 5", 1), ("4 of 5", 1), ("3 of 5", 0), ("3 of 3", 1),
                                                 ("2 of 3", 0), ("8 of 10", 1), ("7 of 10", 0)])  # fmt: skip
def test_a_score_is_good_from_three_quarters_of_its_scale(tell: Callable[..., Any], score: str, positive: int) -> None:
    assert lines(tell(OPENED + f"06-10 09:00 customer rated {score}"), "satisfaction_rate")[0][2] == positive


def test_where_good_begins_is_a_parameter_and_a_merged_ticket_has_no_voice(
    tell: Callable[..., Any],
) -> None:
    text = OPENED + "06-10 09:00 customer rated 3 of 5"
    assert lines(tell(text, positive_from=50), "satisfaction_rate")[0][2] == 1
    merged = tell(text + "\n06-11 09:00 tags becomes closed_by_merge, status becomes closed")
    assert (merged.measurement.lines, merged.measurement.excluded.code) == ((), "merged")


def test_a_score_without_a_known_scale_is_left_out_and_said(timelines: ModuleType) -> None:
    history = timelines.history(OPENED + "06-10 09:00 customer rated 4 of 5")
    bare = replace(history, ratings=tuple(replace(rating, scale=None) for rating in history.ratings))
    played = timelines.played(bare, timelines.USUAL, timelines.moment("06-20 09:00"))
    assert lines(played, "satisfaction_rate") == []
    assert omissions(played, "satisfaction_rate") == [("scale_unknown", "06-10 09:00")]


def test_r14_150_good_of_250_is_60_per_cent(tell: Callable[..., Any], timelines: ModuleType) -> None:
    good, bad = (tell(OPENED + f"06-10 09:00 customer rated {word}") for word in ("good", "bad"))
    found = figure(timelines, "satisfaction_rate", [good] * 150 + [bad] * 100)
    assert found is not None
    assert (found.value, found.n, found.enough) == (0.6, 250, True)
    assert (round(found.low or 0, 3), round(found.high or 0, 3)) == (0.538, 0.659)


@pytest.mark.parametrize(
    ("votes", "share", "interval"),
    [("against", (3, 6), (0.188, 0.812)), ("ignore", (3, 5), (0.231, 0.882)), ("for", (4, 6), (0.3, 0.903))],
)
def test_v12_six_answers_to_twenty_surveys(
    tell: Callable[..., Any],
    timelines: ModuleType,
    votes: str,
    share: tuple[int, int],
    interval: tuple[float, float],
) -> None:
    sent = OPENED + "06-10 08:00 customer offered survey"
    texts = [sent + f"\n06-10 09:00 customer rated {score} of 5" for score in (5, 5, 4, 3, 2, 1)] + [sent] * 14
    measured = [tell(text, neutral_votes=votes) for text in texts]
    found = figure(timelines, "satisfaction_rate", measured)
    assert found is not None
    assert (found.numerator, found.denominator, found.enough) == (*share, False)
    assert (round(found.low or 0, 3), round(found.high or 0, 3)) == interval
    mean = figure(timelines, "satisfaction_mean", measured)
    assert mean is not None
    assert (round(mean.value or 0, 2), mean.n, mean.series) == (3.33, 6, "1-5")
    answered = figure(timelines, "survey_response_rate", measured)
    assert answered is not None
    assert (answered.value, answered.denominator) == (0.3, 20)


# --- Scores, changes ------------------------------------------------------------------------------------------------


def test_scores_of_different_scales_are_never_pooled(tell: Callable[..., Any], timelines: ModuleType) -> None:
    """Two on a scale of three, then one on a scale of five: a new series begins."""
    texts = [OPENED + f"06-{day} 09:00 customer rated {score}" for day, score in
             (("10", "3 of 3"), ("11", "2 of 3"), ("12", "4 of 5"))]  # fmt: skip
    measured = [tell(text) for text in texts]
    found = figure(timelines, "satisfaction_mean", measured)
    assert found is not None
    assert (found.value, found.series, found.n, found.numerator, found.denominator) == (4.0, "1-5", 1, 400, 100)
    before = figure(timelines, "satisfaction_mean", measured[:2])
    assert before is not None
    assert (before.value, before.series) == (2.5, "1-3")
    assert scale_name((0.0, 10.0)) == "0-10"


def test_a_verdict_without_a_score_is_left_out_of_the_mean_and_said(tell: Callable[..., Any]) -> None:
    played = tell(OPENED + "06-10 09:00 customer rated good")
    assert lines(played, "satisfaction_mean") == []
    assert omissions(played, "satisfaction_mean") == [("no_score", "06-10 09:00")]


@pytest.mark.parametrize(
    ("said_then", "improved", "worsened"),
    [(("bad", "good"), 1, 0), (("good", "neutral"), 0, 1), (("bad", "good", "bad"), 0, 0), (("good",), 0, 0)],
)
def test_a_change_of_mind_is_from_the_first_verdict_to_the_last(
    tell: Callable[..., Any], said_then: tuple[str, ...], improved: int, worsened: int
) -> None:
    text = OPENED + "\n".join(f"06-1{day} 09:00 customer rated {word}" for day, word in enumerate(said_then))
    played = tell(text)
    assert len(lines(played, "ratings_improved")) == improved
    assert len(lines(played, "ratings_worsened")) == worsened
    for line in lines(played, "ratings_improved") + lines(played, "ratings_worsened"):
        assert line[1] == f"06-1{len(said_then) - 1} 09:00"


# --- Surveys --------------------------------------------------------------------------------------------------------


def test_r16_265_of_1400_surveys_answered_are_18_9_per_cent(tell: Callable[..., Any], timelines: ModuleType) -> None:
    sent = OPENED + "06-10 08:00 customer offered survey"
    answered, silent = tell(sent + "\n06-11 09:00 customer rated good"), tell(sent)
    found = figure(timelines, "survey_response_rate", [answered] * 265 + [silent] * 1135)
    assert found is not None
    assert (found.numerator, found.denominator, round(found.value or 0, 3)) == (265, 1400, 0.189)


def test_a_survey_belongs_to_the_period_it_was_sent_in_and_to_who_had_the_ticket_then(tell: Callable[..., Any]) -> None:
    text = OPENED + "06-10 08:00 customer offered survey\n06-10 09:00 assignee becomes binh\n"
    text += "06-12 08:00 customer offered survey\n06-30 09:00 customer rated good"
    played = tell(text, as_of="07-20 09:00")
    assert lines(played, "survey_response_rate") == [
        ("an", "06-10 08:00", 0, 1, None),
        ("binh", "06-12 08:00", 1, 1, None),
    ]


def test_where_the_history_tells_of_no_survey_the_rating_does(timelines: ModuleType) -> None:
    history = timelines.history(OPENED + "06-10 08:00 customer offered survey\n06-11 09:00 customer rated good")
    silent = replace(history, events=tuple(event for event in history.events if event.kind != "survey_offered"))
    unknown = replace(silent, ratings=tuple(replace(rating, offered_at=None) for rating in silent.ratings))
    begun = timelines.history(OPENED + "06-10 08:00 customer rated nothing\n06-11 09:00 customer rated good")
    as_of = timelines.moment("06-20 09:00")
    for told in (silent, begun):
        played = timelines.played(told, timelines.USUAL, as_of)
        assert lines(played, "survey_response_rate") == [("an", "06-10 08:00", 1, 1, None)]
    played = timelines.played(unknown, timelines.USUAL, as_of)
    assert lines(played, "survey_response_rate") == []
    assert omissions(played, "survey_response_rate") == [("survey_unknown", "06-11 09:00")]


def test_coverage_is_of_solved_tickets_at_their_solve(tell: Callable[..., Any]) -> None:
    solved = OPENED + "06-09 12:00 status becomes solved\n"
    assert lines(tell(solved), "survey_coverage") == [("an", "06-09 12:00", 0, 1, None)]
    for way in ("06-10 08:00 customer offered survey", "06-10 08:00 customer rated good"):
        assert lines(tell(solved + way), "survey_coverage") == [("an", "06-09 12:00", 1, 1, None)]
    assert lines(tell(OPENED + "06-10 08:00 customer offered survey"), "survey_coverage") == []


# --- Complaints and warranty ----------------------------------------------------------------------------------------

COMPLAINT = "06-12 08:00 customer opens assignee=chi tags=complaint"


def test_a_complaint_is_charged_to_who_is_named_and_never_to_who_handles_it(tell: Callable[..., Any]) -> None:
    assert lines(tell(COMPLAINT), "complaints") == [(None, "06-12 08:00", 1, 1, None)]
    assert lines(tell(COMPLAINT), "complaints_attributed") == []
    assert omissions(tell(COMPLAINT), "complaints_attributed") == [("no_agent_named", "06-12 08:00")]
    for way in ("an", "An", "AN"):
        named = f"{COMPLAINT} field:responsible={way} field:cause=our_fault"
        assert lines(tell(named), "complaints") == [("an", "06-12 08:00", 1, 1, "agent")]
        assert lines(tell(named), "complaints_attributed") == [("an", "06-12 08:00", 1, 1, "agent")]
        assert lines(tell(named), "complaint_rate") == [("an", "06-12 08:00", 1, 1, "customer")]


def test_a_name_that_fits_nobody_names_nobody(tell: Callable[..., Any]) -> None:
    played = tell(f"{COMPLAINT} field:responsible=dung field:topic=billing field:cause=product")
    assert lines(played, "complaints") == [(None, "06-12 08:00", 1, 1, "product")]
    assert omissions(played, "complaints_attributed") == [("other_cause", "06-12 08:00")]


def test_a_complaint_of_nobody_known_is_in_no_rate(timelines: ModuleType) -> None:
    history = timelines.snapshot_of(timelines.history(f"{COMPLAINT} field:responsible=an"), requester_id=None)
    played = timelines.played(history, timelines.USUAL, timelines.moment("06-20 09:00"))
    assert len(lines(played, "complaints_attributed")) == 1
    assert lines(played, "complaint_rate") == []


SOLVED = OPENED + "06-09 12:00 status becomes solved\n"


def test_a_complaint_that_follows_a_ticket_is_charged_to_who_had_solved_that(tell: Callable[..., Any]) -> None:
    text = SOLVED + "06-12 08:00 elsewhere returns tags=complaint topic=late"
    played = tell(text)
    assert lines(played, "complaints_attributed") == [("an", "06-12 08:00", 1, 1, "late")]
    assert lines(played, "complaint_rate") == [("an", "06-12 08:00", 1, 1, "customer")]
    (line,) = (each for each in played.measurement.lines if each.indicator == "complaint_rate")
    assert (line.ticket_id, line.channel) == ("other0", "web")
    later = text + "\n06-13 08:00 status becomes open\n06-14 08:00 assignee becomes binh, status becomes solved"
    assert lines(tell(later), "complaints_attributed")[0][0] == "an"


@pytest.mark.parametrize(
    "text",
    [
        OPENED + "06-12 08:00 elsewhere returns tags=complaint",  # nobody had solved it
        SOLVED + "06-12 08:00 elsewhere returns tags=complaint cause=carrier",
        SOLVED + "06-12 08:00 elsewhere returns tags=complaint responsible=binh",  # that ticket says so itself
        SOLVED + "06-12 08:00 elsewhere returns tags=complaint+internal",
        SOLVED + "06-12 08:00 elsewhere merges tags=complaint",
        SOLVED + "06-30 08:00 elsewhere returns tags=complaint",  # not heard of yet
        SOLVED + "06-11 08:00 elsewhere returns tags=x\n06-12 08:00 elsewhere returns tags=complaint",  # nearer one
    ],
)
def test_a_complaint_is_charged_to_nobody_where_it_does_not_follow_on_a_solve_of_ours(
    tell: Callable[..., Any], text: str
) -> None:
    assert lines(tell(text), "complaints_attributed") == []


def test_v13_only_the_complaints_an_agent_caused_are_charged_to_him(
    tell: Callable[..., Any], timelines: ModuleType
) -> None:
    """Of 120 customers served, five complain on his tickets, three of them about him."""
    served = [tell(f"06-09 08:00 customer opens assignee=an requester=c{number}") for number in range(115)]
    complaint = "06-09 08:00 customer opens assignee=an tags=complaint requester=d{} field:responsible={}"
    complaints = [tell(complaint.format(number, who)) for number, who in enumerate(("an", "an", "an", "binh", "chi"))]
    found = figure(timelines, "complaint_rate", served + complaints, scope=Scope.AGENT)
    assert found is not None
    assert (found.value, found.numerator, found.denominator, found.n) == (0.025, 3, 120, 120)
    assert (round(100 * (found.low or 0), 2), round(100 * (found.high or 0), 2)) == (0.85, 7.09)
    others = by_subject(timelines, "complaint_rate", complaints, "2025-06", Scope.AGENT)
    assert {who: cell.numerator for who, cell in others.items()} == {"an": 3, "binh": 1, "chi": 1}


def test_without_a_customer_there_is_no_rate() -> None:
    period = period_named("2025-06", VIETNAM)
    found = cell(INDICATORS["complaint_rate"], [], Question(Scope.AGENT, "acme", period, 0, {}), "an")
    assert (found.value, found.low, found.n) == (None, None, 0)


def test_warranty_tickets_have_a_satisfaction_of_their_own(tell: Callable[..., Any]) -> None:
    rated = "06-09 08:00 customer opens assignee=an {}\n06-10 09:00 customer rated good"
    for mark in ("tags=warranty", "field:warranty=yes"):
        played = tell(rated.format(mark))
        assert lines(played, "warranty_satisfaction") == [("an", "06-10 09:00", 1, 1, None)]
        assert lines(played, "warranty_positive") == [("an", "06-10 09:00", 1, 1, "customer")]
    for mark in ("field:warranty=no", "priority=low"):
        played = tell(rated.format(mark))
        assert (lines(played, "warranty_satisfaction"), lines(played, "warranty_positive")) == ([], [])
    assert lines(tell("06-09 08:00 customer opens tags=warranty"), "warranty_satisfaction") == []


@pytest.mark.parametrize(("value", "marks"), [(True, True), ("yes", True), (1, True), (False, False), ("", False),
                                              ("No", False), (0, False), (None, False)])  # fmt: skip
def test_an_empty_box_and_a_no_mark_nothing(value: str | int | bool | None, marks: bool) -> None:  # noqa: FBT001
    assert said(value) is marks


def test_without_a_meaning_nothing_is_a_complaint(timelines: ModuleType) -> None:
    unmapped = timelines.edition("meanings", {**timelines.MEANINGS, "fields": {}}, since=0)
    text = SOLVED + "06-12 08:00 elsewhere returns tags=complaint"
    history, as_of = timelines.history(text), timelines.moment("06-20 09:00")
    played = timelines.played(history, [*timelines.USUAL, unmapped], as_of)
    assert lines(played, "complaints_attributed") == []
