"""Who answered a survey, and what that does to its figure: worked by hand, beside scipy, and where truth is known."""

from operator import attrgetter
from random import Random

import pytest
from scipy.stats import chi2_contingency

from kpi_engine.compiling import compiled
from kpi_engine.indicators.verdicts import scale_name, scale_of
from kpi_engine.measurement import CreditLine, Measurement, Stamp
from kpi_engine.periods import period_named
from kpi_engine.reduce import Window
from kpi_engine.response_bias import (
    SURVEYS,
    Case,
    Responses,
    Survey,
    Unheard,
    cases,
    gap,
    of_one_series,
    responses,
    stratum,
    unheard,
)

MONTH = period_named("2026-11", "Asia/Ho_Chi_Minh")
AT = MONTH.start + 3600
by_channel = attrgetter("line.channel")
by_priority = attrgetter("line.priority")


def case(channel: str, *, asked: bool = True, good: bool | None = None, priority: str = "normal") -> Case:
    stamp = Stamp(AT, "an", None, "1", "acme", channel, priority, None, "")
    return Case(CreditLine("survey_coverage", stamp, int(asked)), asked, None if good is None else float(good))


def several(n: int, channel: str, *, asked: bool = True, good: bool | None = None) -> list[Case]:
    return [case(channel, asked=asked, good=good) for _ in range(n)]


def test_a_solved_ticket_is_a_case_with_what_its_customer_said_until_now() -> None:
    window = Window(MONTH, MONTH.end + 3600, compiled(()))
    stamp = Stamp(AT, "an", None, "7", "acme", "chat", "high", None, "")
    later = stamp._replace(at=MONTH.end + 60)
    lines = (
        CreditLine("survey_coverage", stamp, 1),
        CreditLine("satisfaction_rate", stamp._replace(at=AT + 60), 0),
        CreditLine("satisfaction_rate", later, 1),
        CreditLine("created", stamp),
    )
    (found,) = cases(Measurement(ticket_id="7", account="acme", as_of=0, edition="", lines=lines), window)
    assert (found.asked, found.value, found.answered, found.line.agent) == (True, True, True, "an")
    silent = Measurement(
        ticket_id="7", account="acme", as_of=0, edition="", lines=(CreditLine("survey_coverage", stamp, 0),)
    )
    assert [(each.asked, each.value) for each in cases(silent, window)] == [(False, None)]
    outside = Measurement(
        ticket_id="7", account="acme", as_of=0, edition="", lines=(CreditLine("survey_coverage", later),)
    )
    assert list(cases(outside, window)) == []


def test_what_stands_beside_a_survey_worked_by_hand() -> None:
    """Chat: 60 solved, 20 answers, 18 good. Mail: 40 solved, 5 answers, 2 good; 10 of mail were never asked.

    Rate 20/25; weighed by what was solved 0.6 * 0.9 + 0.4 * 0.4 = 0.70; chat is 80 % of the answers and 60 % of all;
    between 20/100 and 95/100 whatever the silent ones think.
    """
    found = [*several(18, "chat", good=True), *several(2, "chat", good=False), *several(40, "chat")]
    found += [*several(2, "mail", good=True), *several(3, "mail", good=False), *several(25, "mail")]
    found += several(10, "mail", asked=False)
    told = responses(found, [by_channel, by_priority])
    assert (told.eligible, told.asked, told.answered, told.total) == (100, 90, 25, 20)
    assert (told.coverage, told.response, told.value) == (0.9, 25 / 90, 0.8)
    assert told.adjusted == pytest.approx(0.7)
    assert (told.covered, told.worst, told.best) == (1.0, 0.2, 0.95)
    assert told.gap is not None
    assert (told.gap.share, told.gap.of) == (pytest.approx(0.2), "chat")
    assert told.gap.chance == pytest.approx(chi2_contingency([[20, 40], [5, 35]], correction=False).pvalue, abs=1e-9)


def test_without_a_case_or_an_answer_nothing_is_claimed() -> None:
    nothing = Responses(0, 0, 0, 0, None, None, None)
    assert responses([], [by_channel]) == nothing
    assert (nothing.coverage, nothing.response, nothing.value, nothing.worst, nothing.best) == (None,) * 5
    silent = responses(several(3, "chat", asked=False), [by_channel])
    assert (silent.coverage, silent.response, silent.value, silent.worst, silent.best) == (0, None, None, 0, 1)
    one = responses([case("chat", good=True)], [by_channel])
    assert (one.value, one.adjusted, one.worst, one.best) == (1, 1, 1, 1)
    assert one.gap is not None
    assert (one.gap.share, one.gap.chance) == (0, None)


def test_a_kind_that_nobody_answered_for_is_not_covered() -> None:
    told = responses([*several(5, "chat", good=True), *several(5, "chat"), *several(30, "fax")], [by_channel])
    assert (told.adjusted, told.covered) == (1, 0.25)


def answers(survey: Survey, *told: tuple[float, str | None]) -> list[Case]:
    """Return cases of a file's survey, answered one after another, as its lines tell them."""
    window = Window(MONTH, MONTH.end, compiled(()))
    found = []
    for minute, (value, series) in enumerate(told):
        stamp = Stamp(AT + minute, None, "tier-1", None, "acme", None, None, None, "", "surveys.csv:2")
        lines = (
            CreditLine(survey.asked, stamp, 1),
            CreditLine(survey.answered, stamp._replace(at=AT + 90), round(value * 100), 100, series),
        )
        found += cases(Measurement(ticket_id="", account="acme", as_of=0, edition="", lines=lines), window, survey)
    return found


def test_the_silent_could_have_said_anything_on_the_surveys_own_scale() -> None:
    """Each survey asks four more who stay silent.

    Recommending: 100, 100, 0 and -100 of -100 to 100: 25, between (100 - 400) / 8 and (100 + 400) / 8. Effort: 6, 6, 7
    and 5 of 1 to 7: 6, between (24 + 4) / 8 and (24 + 28) / 8. SERVQUAL: gaps of -1 and -2 on 1 to 7, where a gap lies
    between -6 and 6.
    """
    by_name = {each.name: each for each in SURVEYS}
    silent = several(4, "chat")
    net = responses(
        [*answers(by_name["nps"], (100, None), (100, None), (0, None), (-100, None)), *silent],
        [by_channel],
        survey=by_name["nps"],
    )
    assert (net.value, net.worst, net.best, net.response) == (25, -37.5, 62.5, 0.5)
    effort = responses(
        [*answers(by_name["ces"], (6, "1-7"), (6, "1-7"), (7, "1-7"), (5, "1-7")), *silent],
        [by_channel],
        survey=by_name["ces"],
    )
    assert (effort.value, effort.worst, effort.best) == (6, 3.5, 6.5)
    gaps = responses(
        [*answers(by_name["servqual"], (-1, "1-7"), (-2, "1-7")), *silent[:2]], [by_channel], survey=by_name["servqual"]
    )
    assert (gaps.value, gaps.worst, gaps.best) == (-1.5, -3.75, 2.25)
    nobody = responses(silent, [by_channel], survey=by_name["ces"])
    assert (nobody.value, nobody.worst, nobody.best, nobody.response) == (None, None, None, 0)


def test_answers_on_several_scales_are_no_one_figure_so_that_the_newest_scale_is_told_of() -> None:
    (effort,) = (each for each in SURVEYS if each.name == "ces")
    found = [*answers(effort, (3, "1-5"), (6, "1-7"), (7, "1-7")), *several(2, "chat")]
    assert [each.value for each in of_one_series(found)] == [6, 7, None, None]
    assert of_one_series(several(2, "chat")) == several(2, "chat")
    assert scale_of(scale_name((-2.0, 2.0))) == (-2, 2)
    assert scale_of(scale_name((1.0, 7.0))) == (1, 7)


def test_small_groups_are_put_together_and_too_few_answers_tell_nothing() -> None:
    rare = [each for n in range(6) for each in several(5, f"rare {n}")]
    found = [*several(40, "chat", good=True), *several(30, "chat"), *rare]
    together = gap(found, by_channel)
    assert together.chance == pytest.approx(chi2_contingency([[40, 30], [0, 30]], correction=False).pvalue, abs=1e-9)
    assert gap([*several(2, "chat", good=True), *several(40, "mail")], by_channel).chance is None
    assert (
        gap([*several(200, "chat"), *several(200, "mail"), *several(11, "fax", good=True)], by_channel).chance is None
    )


def test_where_surveys_go_unsent_or_unanswered_is_told_with_the_most_silent_first() -> None:
    found = [
        *several(2, "chat", good=True),
        *several(1, "chat"),
        *several(4, "mail", asked=False),
        case("fax", good=False),
    ]
    assert unheard(found, by_channel) == [
        Unheard("mail", 4, 0, 0),
        Unheard("chat", 3, 3, 2),
        Unheard("fax", 1, 1, 1),
    ]


def test_bias_through_what_is_known_of_tickets_is_reduced_and_the_bounds_hold_the_truth() -> None:
    """Forty made months (seed 20261132): on easy tickets customers are satisfied more and answer more.

    The plain rate is some eight points too high; weighed by kind it is off by less than two on average, and in each
    single month the truth lies within the bounds.
    """
    random, plain, weighed = Random(20261132), [], []
    kinds = [("chat", 0.9, 0.4), ("mail", 0.5, 0.1)]
    made = {(channel, good): case(channel, good=good) for channel, _, _ in kinds for good in (True, False, None)}
    for _ in range(40):
        found, satisfied = [], 0
        for _ in range(800):
            channel, pleased, answers = random.choice(kinds)
            good = random.random() < pleased
            satisfied += good
            found.append(made[channel, good if random.random() < answers else None])
        told, truth = responses(found, [by_channel], stratum), satisfied / 800
        assert told.value is not None
        assert told.adjusted is not None
        assert told.worst is not None
        assert told.best is not None
        assert told.worst <= truth <= told.best
        plain.append(told.value - truth)
        weighed.append(told.adjusted - truth)
    assert sum(plain) / 40 > 0.08
    assert abs(sum(weighed) / 40) < 0.02
    assert sum(map(abs, weighed)) < sum(map(abs, plain)) / 3
