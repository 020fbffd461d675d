"""Costs, sales, customers who stay, the funnel, proposals, and records that are complete."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.currencies import currencies_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Bought, Facts
from kpi_engine.observe import observed
from kpi_engine.periods import period_named
from kpi_engine.reduce import Question, Scope, cells, enters
from kpi_engine.tally import COUNTS


def cost(observing: ModuleType, amount: float, currency: str = "VND", agent: str | None = None, **values: Any) -> Any:  # noqa: ANN401
    usual = {"period": "2026-10", "scope": "account", "cost_type": "salary", "amount": amount, "currency": currency}
    return observing.row("costs", "10-31 23:59", agent, **{**usual, **values})


def call(observing: ModuleType, number: int, **values: Any) -> Any:  # noqa: ANN401
    about = values.pop("about", (None, None))
    usual = {"call_id": str(number), "direction": "outbound", "outcome": "answered", "talk_s": 60}
    return observing.row("calls", about=about, **{**usual, **values})


def sale(observing: ModuleType, number: int, amount: float, agent: str | None = "an", **values: Any) -> Any:  # noqa: ANN401
    usual = {"sale_id": str(number), "amount": amount, "currency": "VND", "source": "support"}
    return observing.row("sales", "10-07 10:00", agent, **{**usual, **values})


# --- Money ------------------------------------------------------------------------------------------------------------


def test_amounts_of_two_currencies_are_never_added_up(observing: ModuleType) -> None:
    found = observing.measured(
        [cost(observing, 100), cost(observing, 50.5, cost_type="rent"), cost(observing, 9, "USD")]
    )
    total = observing.figure("support_cost", found)
    assert (total.value, total.series, total.n) == (150.5, "VND", 2)
    nothing = observing.figure("support_cost", [])
    assert (nothing.value, nothing.series, nothing.n) == (None, None, 0)


def test_a_cost_is_borne_by_an_agent_a_team_a_channel_or_nobody(observing: ModuleType) -> None:
    rows = [
        cost(observing, 1, agent="an", scope="agent"),
        cost(observing, 2, scope="team", subject="tier-1"),
        cost(observing, 3, scope="channel", subject="phone"),
    ]
    lines = observing.lines("support_cost", observing.measured(rows))
    assert [(line.agent, line.team, line.channel) for line in lines] == [
        ("an", None, None),
        (None, "tier-1", None),
        (None, None, "phone"),
    ]


def test_what_a_month_cost_is_no_cost_of_its_last_week(observing: ModuleType) -> None:
    week = period_named("2026-W44", observing.ZONE)
    found = observing.measured([cost(observing, 100)], period=week)
    assert observing.left_out("support_cost", found) == [(None, "period_unfit")]
    assert observing.figure("support_cost", found, period=week).value is None


def test_an_interaction_is_a_ticket_or_a_call_that_no_ticket_writes_down(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """A ticket is opened.

    06-09 09:00 customer opens assignee=an
    """
    june = period_named("2025-06", observing.ZONE)
    ticket = play("06-20 09:00").measurement
    (created,) = observing.lines("cost_per_interaction", [ticket], period=june)
    assert (created.numerator, created.denominator, created.part) == (0, 100, None)
    rows = [cost(observing, 90), cost(observing, 7, "USD"), call(observing, 1), call(observing, 2, about=(None, "35"))]
    found = observing.figure("cost_per_interaction", observing.measured([*rows, call(observing, 3)]))
    assert (found.value, found.series, found.n) == (45, "VND", 2)
    costs_alone = observing.figure("cost_per_interaction", observing.measured(rows[:2]))
    assert (costs_alone.value, costs_alone.n) == (None, 0)
    calls_alone = observing.figure("cost_per_interaction", observing.measured(rows[2:]))
    assert (calls_alone.value, calls_alone.n) == (None, 1)


def test_revenue_counts_as_far_as_care_answers_for_it(observing: ModuleType) -> None:
    rows = [sale(observing, 1, 200), sale(observing, 2, 100, source="other")]
    assert observing.figure("attributed_revenue", observing.measured(rows)).value == 200
    half = observing.choosing("attributed_revenue", share=50)
    assert observing.figure("attributed_revenue", observing.measured(rows, half)).value == 100


def test_sales_and_their_amounts_are_set_against_the_calls_that_they_may_have_come_of(observing: ModuleType) -> None:
    """Two sales came of the first call, none of the second, the third was in vain, the fourth's customer is unknown."""
    calls = [call(observing, 1), call(observing, 2), call(observing, 3, outcome="busy"), call(observing, 4)]
    found, end = observing.measured(calls), observing.MONTH.end
    came = {calls[0].observation_id: Bought(2, ((20_000, "VND"), (10_000, "VND"))), calls[1].observation_id: Bought()}
    facts = Facts(bought=came | {calls[2].observation_id: Bought(1, ((100, "VND"),))}, call_window=3600, as_of=end)
    per_call = observing.figure("sales_per_call", found, facts=facts)
    assert (per_call.value, per_call.n) == (1, 2)
    revenue = observing.figure("revenue_per_call", found, facts=facts)
    assert (revenue.value, revenue.series, revenue.n) == (150, "VND", 2)
    early = replace(facts, call_window=end - calls[0].at)
    assert [observing.lines(key, found, facts=early) for key in ("sales_per_call", "revenue_per_call")] == [[], []]


# --- Customers --------------------------------------------------------------------------------------------------------


def customer(observing: ModuleType, name: str | None, since: str = "01-01 00:00", **values: Any) -> Any:  # noqa: ANN401
    return observing.row("customers", since, None, about=(name, None), active_from="2026-01-01", **values)


@pytest.fixture
def customers(observing: ModuleType) -> Any:  # noqa: ANN401 -- what rows say
    """Return four at the start, of whom one goes, one goes and comes back, one stays to the last day; and a new one."""
    rows = [
        customer(observing, "stays"),
        customer(observing, "last day", active_to="2026-10-31"),
        customer(observing, "goes", active_to="2026-10-10"),
        customer(observing, "returns", active_to="2026-10-10"),
        customer(observing, "returns", "10-20 00:00"),
        customer(observing, "new", "10-20 00:00"),
        customer(observing, "gone before", active_to="2026-09-30"),
        customer(observing, None),
    ]
    return observing.measured(rows)


def test_retention_is_of_those_who_were_customers_at_the_start(observing: ModuleType, customers: Any) -> None:  # noqa: ANN401
    found = observing.figure("retention", customers)
    assert (found.value, found.n, found.strays) == (0.75, 4, 0)
    assert observing.figure("churn", customers).value == 0.25
    assert {line.agent for line in observing.lines("retention", customers)} == {None}
    assert [observing.figure(key, []).value for key in ("retention", "churn")] == [None, None], "nobody at the start"


def test_without_a_period_nobody_stays_or_goes(observing: ModuleType) -> None:
    (found,) = observed((customer(observing, "stays"),), observing.RULES, observing.MONTH.end)
    assert found.lines == ()


def test_the_customers_served_are_retained_or_not(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """An has a customer's ticket.

    06-09 09:00 customer opens assignee=an
    """
    june = period_named("2025-06", observing.ZONE)
    rows = [
        observing.row("customers", "01-01 00:00", None, about=("customer", None), active_from="2025-01-01"),
        observing.row("customers", "01-02 00:00", None, about=("other", None), active_from="2025-01-01"),
    ]
    rows = [replace(row, at=row.at - 365 * 86_400) for row in rows]
    found = [play("06-20 09:00").measurement, *observing.measured(rows, period=june)]
    kept = observing.figure("retention_served", found, period=june)
    assert (kept.value, kept.n) == (1, 1)
    assert observing.figure("retention", found, period=june).n == 2
    rows.append(observing.row("customers", "01-03 00:00", None, about=("lost", None), active_to="2025-06-15"))
    rows[-1] = replace(rows[-1], at=rows[-1].at - 365 * 86_400)
    found = [play("06-20 09:00").measurement, *observing.measured(rows, period=june)]
    beside = observing.figure("retention_not_served", found, period=june)
    assert (beside.value, beside.numerator, beside.n) == (0.5, 1, 2), "of the two that nobody served, one stayed"
    assert observing.figure("retention_served", found, period=june).n == 1
    for key in ("retention_served", "retention_not_served"):
        lines = observing.lines(key, found, period=june)
        assert {(line.agent, line.team, line.channel) for line in lines} == {(None, None, None)}, "nobody's, as a whole"
    everybody = observing.figure("retention_not_served", found[:2], period=june)
    assert (everybody.value, everybody.n) == (None, 0), "who was served is no part of it"


def test_the_funnel_counts_who_came_through_every_step_and_flags_who_skipped_one(
    observing: ModuleType,
    play: Any,  # noqa: ANN401 -- a function
) -> None:
    """An is rated good.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved by an
    06-09 11:00 customer rated good
    """
    june = period_named("2025-06", observing.ZONE)
    happy = [play("06-20 09:00").measurement]
    facts = Facts(core=frozenset({"customer", "elsewhere"}), referrers=frozenset({"customer"}))
    keys = ("funnel_satisfied", "funnel_core", "funnel_referrers")
    assert [observing.figure(key, happy, period=june, facts=facts).value for key in keys] == [1, 1, 1]
    assert [observing.figure(f"{key}_rate", happy, period=june, facts=facts).value for key in keys] == [1, 1, 1]
    plain = observing.figure("funnel_core", happy, period=june)
    assert (plain.value, observing.figure("funnel_core_rate", happy, period=june).value) == (0, 0)
    assert observing.figure("funnel_core_rate", [], period=june).value is None
    lines = observing.lines("funnel_core", happy, period=june, facts=facts)
    assert {line.agent for line in lines} == {"an"}
    referral = observing.figure("referral_rate", happy, period=june, facts=facts)
    assert (referral.value, referral.n) == (1, 1)
    assert observing.figure("referral_rate", happy, period=june).value is None


def test_a_core_customer_who_was_not_satisfied_is_flagged(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """An has a customer's ticket.

    06-09 09:00 customer opens assignee=an
    """
    june = period_named("2025-06", observing.ZONE)
    facts = Facts(core=frozenset({"customer"}))
    found = observing.figure("funnel_core", [play("06-20 09:00").measurement], period=june, facts=facts)
    assert (found.value, found.strays) == (0, 1)


def test_a_rating_whose_customer_is_not_known_is_in_no_funnel(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """An is rated good.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved by an
    06-09 11:00 customer rated good
    """
    june = period_named("2025-06", observing.ZONE)
    measurement = play("06-20 09:00").measurement
    lines = tuple(replace(line, part=None) for line in measurement.lines if line.indicator == "positive_feedback")
    assert len(lines) == 1
    assert observing.lines("funnel_satisfied", [replace(measurement, lines=lines, holdings=())], period=june) == []


def test_a_solved_ticket_leads_to_a_sale_or_not_once_the_time_is_over(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """An solves a ticket.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved by an
    """
    june = period_named("2025-06", observing.ZONE)
    found = [play("06-20 09:00").measurement]
    ticket = found[0].ticket_id
    (line,) = [each for each in found[0].lines if each.indicator == "solved"]
    after = {"window": 3600, "as_of": line.at + 3601}
    sold = observing.figure("support_to_sale_rate", found, period=june, facts=Facts(sold=frozenset({ticket}), **after))
    assert (sold.value, sold.n) == (1, 1)
    assert observing.figure("support_to_sale_rate", found, period=june, facts=Facts(**after)).value == 0
    early = Facts(sold=frozenset({ticket}), window=3600, as_of=line.at + 3600)
    assert observing.figure("support_to_sale_rate", found, period=june, facts=early).value is None


# --- Duties -----------------------------------------------------------------------------------------------------------


def test_proposals_count_and_those_decided_are_accepted_or_not(observing: ModuleType) -> None:
    states = ("proposed", "accepted", "done", "declined", None)
    found = observing.measured(
        observing.row("proposals", proposal_id=str(n), state=each) for n, each in enumerate(states)
    )
    assert observing.figure("improvement_proposals", found).value == 5
    assert observing.figure("proposals_accepted", found).value == pytest.approx(2 / 3)


def test_contacts_of_ones_own_accord_count_and_reach_somebody_or_not(observing: ModuleType) -> None:
    reached = (True, False, None)
    found = observing.measured(
        observing.row("outbound_contacts", contact_id=str(n), channel="phone", reached=each)
        for n, each in enumerate(reached)
    )
    assert observing.figure("outbound_contacts", found).value == 3
    assert observing.figure("outbound_reached", found).value == 0.5
    assert {line.channel for line in observing.lines("outbound_contacts", found)} == {"phone"}


def test_articles_count_by_what_was_done_and_courses_where_a_test_was_not_failed(observing: ModuleType) -> None:
    done = ("written", "updated", "updated", "reviewed")
    found = observing.measured(
        observing.row("knowledge_contributions", contribution_id=str(n), action=each) for n, each in enumerate(done)
    )
    told = observing.figure("knowledge_contributions", found)
    assert (told.value, {name: n for name, n, _ in told.parts}) == (
        4,
        {"updated": 2, "reviewed": 1, "written": 1},
    )
    passed = (True, False, None)
    found = observing.measured(
        observing.row("training", training_id=str(n), course="Safety", passed=each) for n, each in enumerate(passed)
    )
    assert observing.figure("trainings_completed", found).value == 2


def test_a_compliment_is_positive_feedback_unless_its_ticket_was_praised_already(observing: ModuleType) -> None:
    rows = [observing.row("compliments", compliment_id=str(n), about=("KH-1", "7")) for n in range(2)]
    found = observing.measured(rows)
    assert observing.figure("compliments", found).value == 2
    facts = Facts(praises=frozenset({rows[0].observation_id}))
    (line,) = observing.lines("positive_feedback", found, facts=facts)
    assert (line.agent, line.part, line.ticket_id) == ("an", "KH-1", "7")
    assert list(observing.lines("positive_feedback", found)) == []


def test_causes_and_topics_stand_one_by_one_beside_their_number(
    observing: ModuleType,
    play: Any,  # noqa: ANN401 -- a function
    timelines: ModuleType,
) -> None:
    """A complaint that is solved.

    06-09 09:00 customer opens assignee=an tags=complaint
    06-09 10:00 status becomes solved by an
    """
    june = period_named("2025-06", observing.ZONE)
    carriers = {name: {"field": name, "tag": None, "values": {}} for name in ("topic", "root_cause", "complaint_cause")}
    body = {
        **timelines.MEANINGS,
        "fields": {**carriers, "complaint": {"field": None, "tag": "complaint", "values": {}}},
    }
    meanings = timelines.edition("meanings", body)

    def measured(**fields: str) -> Any:  # noqa: ANN401 -- a measurement
        told = lambda whole: timelines.snapshot_of(whole, fields=fields, tags=("complaint",))  # noqa: E731 -- short
        return play("06-20 09:00", meanings, change=told).measurement

    whole = [measured(topic="billing", root_cause="carrier", complaint_cause="product"), measured(topic="billing")]
    by_cause = observing.figure("complaints_by_cause", whole, period=june)
    assert (by_cause.value, by_cause.parts) == (2, (("", 1, 1), ("product", 1, 1)))
    assert observing.figure("complaints_by_topic", whole, period=june).parts == (("billing", 2, 2),)
    causes = observing.figure("root_causes", whole, period=june)
    assert (causes.value, causes.parts) == (1, (("carrier", 1, 1),))
    assert observing.figure("record_completeness", whole, period=june).value == 0.5
    free = timelines.edition("parameters", {"indicators": {"record_completeness": dict.fromkeys(carriers, "free")}})
    unasked = play("06-20 09:00", meanings, free).measurement
    assert observing.figure("record_completeness", [unasked], period=june).value is None


def test_no_agents_make_no_figures_and_everybodys_are_zero_or_nothing(observing: ModuleType) -> None:
    question = Question(Scope.AGENT, "acme", observing.MONTH, observing.MONTH.end, {})
    for key, row in INDICATORS.items():
        assert cells(row, [], question) == {}
        found = observing.figure(key, [])
        assert found.value == (0 if row.reduction in COUNTS else None), key
        assert (found.low, found.high) == (None, None)


def test_a_teams_figures_and_its_agents_are_in_its_own_currency_and_currencies_never_add_up(
    observing: ModuleType, timelines: ModuleType
) -> None:
    """North counts in đồng though it has one amount in them and two in dollars; south has dollars alone."""
    teams = {
        "north": [{"currency": "VND"}],
        "group:1": [{"currency": "VND"}],
        "south": [{"currency": "VND"}],
        "east": [{}],
    }
    told = {"teams": teams, "team_of": {"an": "north", "binh": "east"}}
    member = timelines.edition("membership", {"groups": ["1"]}, "chi")
    people = [timelines.agent(name) for name in ("an", "binh", "chi")]
    rules = compiled([*people, member, timelines.edition("organization", told)])
    end = observing.MONTH.end - 1
    assert currencies_of(rules, Scope.TEAM, end) == {"north": "VND", "group:1": "VND", "south": "VND"}
    assert currencies_of(rules, Scope.AGENT, end) == {"an": "VND", "chi": "VND"}
    assert currencies_of(rules, Scope.ACCOUNT, end) == {}
    assert currencies_of(compiled(people), Scope.AGENT, end) == {}

    rows = [
        cost(observing, amount, scope="team", subject=team, currency=currency, cost_type=str(number))
        for number, (team, amount, currency) in enumerate(
            [("north", 500_000, "VND"), ("north", 20, "USD"), ("north", 30, "USD"), ("south", 7, "USD")]
        )
    ]
    lines = observing.lines("support_cost", observing.measured(rows, rules), rules=rules)
    question = Question(Scope.TEAM, "acme", observing.MONTH, observing.MONTH.end, {})
    plain = cells(INDICATORS["support_cost"], lines, question)
    assert (plain["north"].value, plain["north"].series) == (50, "USD")
    own = cells(INDICATORS["support_cost"], lines, replace(question, currencies=currencies_of(rules, Scope.TEAM, end)))
    assert (own["north"].value, own["north"].series, own["north"].n) == (500_000, "VND", 1)
    assert (own["south"].value, own["south"].series) == (7, "USD")  # what there is, in its own name
    assert [enters(line, own["north"]) for line in lines if line.team == "north"] == [True, False, False]


def test_a_month_in_which_clocks_change_is_whole_to_its_last_second(observing: ModuleType) -> None:
    """Berlin's March has 743 hours; who leaves on its last day was a customer to the end of it."""
    march = period_named("2026-03", "Europe/Berlin")
    assert march.end - march.start == (31 * 24 - 1) * 3600
    rows = [
        replace(customer(observing, "stays", active_to="2026-03-31"), at=march.start - 1),
        replace(customer(observing, "goes", active_to="2026-03-28"), at=march.start - 1),
        replace(cost(observing, 743, period="2026-03"), at=march.end - 1),
        replace(call(observing, 1), at=march.end - 1),
        replace(call(observing, 2), at=march.end),
    ]
    found = observing.measured(rows, period=march)
    assert observing.figure("retention", found, period=march).value == 0.5
    assert observing.figure("cost_per_interaction", found, period=march).value == 743


def test_an_agent_who_is_in_two_teams_in_a_month_counts_once_and_in_each_for_its_own_time(
    observing: ModuleType, timelines: ModuleType
) -> None:
    turn = observing.moment("10-15 00:00")
    places = {"an": [{"team": "day", "end": turn}, {"team": "night", "start": turn}]}
    rules = compiled([timelines.edition("organization", {"places": places})])
    rows = [replace(call(observing, number), at=turn + offset) for number, offset in enumerate((-2, -1, 0))]
    lines = observing.lines("calls_handled", observing.measured(rows, rules), rules=rules)
    question = Question(Scope.TEAM, "acme", observing.MONTH, observing.MONTH.end, {})
    by_team = {team: each.value for team, each in cells(INDICATORS["calls_handled"], lines, question).items()}
    assert by_team == {"day": 2, "night": 1}
    by_agent = cells(INDICATORS["calls_handled"], lines, replace(question, scope=Scope.AGENT))
    assert {agent: each.value for agent, each in by_agent.items()} == {"an": 3}
