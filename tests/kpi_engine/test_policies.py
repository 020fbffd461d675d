"""Which policy a ticket has, and what becomes of its clocks when that changes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from kpi_engine.conditions import When, parse_when
from kpi_engine.rules import parse_policies

Agree: TypeAlias = Callable[..., Any]


def rules(timelines: ModuleType, *policies: object, **more: object) -> object:
    return timelines.edition("policies", timelines.several(*policies, **more))


def told(played: Any, name: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- what the fixture returns
    """Return (policy, goal, due or breached at) of a clock's instances."""
    clocks = played.clocks(name)
    return [(clock.policy, clock.goal, played.told(clock.due_at or clock.breached_at)) for clock in clocks]


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({}, True),
        ({"all": [{"segment": ["vip", "gold"], "channel": ["email"]}]}, True),
        ({"all": [{"segment": ["vip"]}, {"channel": ["chat"]}]}, False),
        ({"any": [{"segment": ["silver"]}, {"tag": ["rush"]}]}, True),
        ({"any": [{"segment": ["silver"]}]}, False),
        ({"none": [{"tag": ["test"]}, {"priority": ["low"]}]}, True),
        ({"none": [{"tag": ["rush"]}]}, False),
        ({"any": [{"tag": ["rush"]}], "none": [{"tag": ["late"]}]}, False),
    ],
)
def test_conditions_over_what_is_known_of_a_ticket(when: dict[str, object], fits: bool) -> None:  # noqa: FBT001 -- a row of the table
    facts = {"segment": ["gold"], "channel": ["email"], "tag": ["rush", "late"], "priority": []}
    parsed = parse_when(when)
    assert parsed.fits(lambda subject: facts[subject]) is fits
    assert set(parsed.subjects) == {subject for clauses in when.values() for clause in clauses for subject in clause}  # type: ignore[attr-defined]  # a plain document


def test_no_conditions_fit_everything() -> None:
    assert When() == parse_when({})
    assert When().fits(lambda _: ())


def test_the_first_policy_that_fits_gives_a_ticket_its_clocks(agree: Agree, timelines: ModuleType) -> None:
    """A customer of the gold segment.

    06-09 09:00 customer opens field:segment=gold
    """
    t = timelines
    vip = t.meant({"all": [{"segment": ["vip", "gold"]}]}, t.first_reply("15m"), id="vip")
    rest = t.meant({}, t.first_reply("8h"), t.resolution("40h"), id="rest")
    played = agree("06-09 09:05", rules(t, vip, rest))
    assert told(played, "first_reply") == [("vip", 900, "06-09 09:15")]
    assert played.clocks("resolution") == []
    assert told(agree("06-09 09:05", rules(t, rest, vip)), "first_reply") == [("rest", 28_800, "06-10 09:00")]


def test_a_ticket_that_no_policy_fits_has_no_clock(agree: Agree, timelines: ModuleType) -> None:
    """By e-mail or the web.

    06-09 09:00 customer opens
    """
    t = timelines
    assert (
        agree("06-09 19:00", rules(t, t.meant({"all": [{"channel": ["chat"]}]}, t.first_reply("1m")))).clocks(
            "first_reply"
        )
        == []
    )


def test_a_ticket_is_matched_again_with_each_change(agree: Agree, timelines: ModuleType) -> None:
    """An hour after its opening it turns out to be a VIP's; the goal is the VIP's from then on.

    06-09 09:00 customer opens tags=parcel
    06-09 10:00 tags becomes parcel+vip
    """
    t = timelines
    vip = t.meant({"all": [{"tag": ["vip"]}]}, t.first_reply("2h"), id="vip")
    rest = t.meant({}, t.first_reply("8h"), t.resolution("24h"), id="rest")
    said = rules(t, vip, rest)
    assert told(agree("06-09 09:30", said), "first_reply") == [("rest", 28_800, "06-10 09:00")]
    played = agree("06-09 10:30", said)
    assert told(played, "first_reply") == [("vip", 7200, "06-09 11:00")]
    # the VIP's policy has no resolution: what was promised before stays promised
    assert told(played, "resolution") == [("rest", 86_400, "06-12 09:00")]


def test_another_policy_that_makes_a_ticket_late_breaches_it_at_the_change(agree: Agree, timelines: ModuleType) -> None:
    """V6 by way of a group: the second line promises half an hour.

    06-09 09:00 customer opens
    06-09 10:00 group becomes 7
    """
    t = timelines
    second = t.meant({"all": [{"group": ["Second line"]}]}, t.first_reply("30m"), id="second")
    said = rules(t, second, t.meant({}, t.first_reply("8h"), id="rest"))
    named = t.edition("group", {"name": "Second line", "private": False}, "7")
    assert told(agree("06-09 10:10", said, named), "first_reply") == [("second", 1800, "06-09 10:00")]
    by_id = rules(t, t.meant({"all": [{"group": ["7"]}]}, t.first_reply("30m"), id="second"))
    assert told(agree("06-09 10:10", by_id), "first_reply") == [("second", 1800, "06-09 10:30")]


def test_goals_go_by_severity_or_by_channel(agree: Agree, timelines: ModuleType) -> None:
    """How grave it is shows after a while.

    06-09 09:00 customer opens
    06-09 09:05 field:severity becomes S1
    """
    t = timelines
    said = rules(t, t.meant({}, t.by_severity(t.first_reply("0m")), t.by_channel(t.resolution("0m"))))
    assert told(agree("06-09 09:04", said), "first_reply") == [("care", 7200, "06-09 11:00")]
    played = agree("06-09 09:06", said)
    assert told(played, "first_reply") == [("care", 900, "06-09 09:15")]
    assert told(played, "resolution") == [("care", 10_800, "06-09 12:00")]


def test_a_form_that_never_changed_is_read_from_the_ticket(agree: Agree, timelines: ModuleType) -> None:
    """Telesales callbacks come in by a form of their own.

    06-09 09:00 customer opens form=5
    """
    t = timelines
    said = rules(t, t.meant({"all": [{"form": ["5"]}]}, t.first_reply("30m")))
    untold = lambda h: t.replace(h, events=tuple(e for e in h.events if e.field != "form"))  # noqa: E731 -- once
    assert told(agree("06-09 09:10", said, change=untold), "first_reply") == [("care", 1800, "06-09 09:30")]
    assert told(agree("06-09 09:10", said), "first_reply") == [("care", 1800, "06-09 09:30")]


def test_a_policy_may_prescribe_a_calendar(agree: Agree, timelines: ModuleType) -> None:
    """In the lunch break, by the clock of a team that has none.

    06-09 12:10 customer opens
    """
    t = timelines
    always = t.edition("calendar", t.ROUND_THE_CLOCK, "always")
    named = rules(t, t.meant({}, t.first_reply("1h"), calendar="always"))
    assert told(agree("06-09 12:20", named, always), "first_reply") == [("care", 3600, "06-09 13:10")]
    # nobody has such a calendar: the ticket's own is followed
    assert told(agree("06-09 12:20", named), "first_reply") == [("care", 3600, "06-09 14:30")]


def test_each_policy_may_escalate_in_its_own_way(timelines: ModuleType) -> None:
    t = timelines
    own = {**t.escalating("first_reply", (2, "5m")), "on": {"clock": "first_reply", "policy": "vip"}}
    document = t.several(
        t.meant({}, t.first_reply("1h"), id="vip"),
        t.meant({}, t.first_reply("1h"), id="rest"),
        escalations=[own, t.escalating("first_reply", (1, "0m"), (3, "1h"))],
    )
    vip, rest = parse_policies(document).policies
    assert [[step.level for step in policy.clocks[0].steps] for policy in (vip, rest)] == [[2], [1, 3]]
