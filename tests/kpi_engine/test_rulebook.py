from types import ModuleType

import pytest

from kpi_engine.calendars import ALWAYS
from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition, digest_of
from kpi_engine.rulebook import OWN_TAG, FieldMeaning, Places, Role, Status

NOON = 1_000_000


def test_the_first_edition_holds_from_the_beginning_and_a_later_one_from_its_instant(timelines: ModuleType) -> None:
    t = timelines
    old = t.edition("policies", t.policy(t.first_reply("1h")), since=NOON)  # kept first: holds before its instant too
    new = t.edition("policies", t.policy(t.first_reply("2h")), since=2 * NOON)
    policies = compiled([old, new]).policies
    goals = [policies.at(at).at(0).clocks[0].goal(None) for at in (0, 2 * NOON - 1, 2 * NOON, 3 * NOON)]
    assert goals == [3600, 3600, 7200, 7200]
    assert [policies.digest_at(at) for at in (0, 2 * NOON - 1, 2 * NOON)] == [old.digest, old.digest, new.digest]


def test_without_editions_there_are_no_clocks_no_agents_and_no_meanings() -> None:
    rulebook = compiled([])
    assert rulebook.policies.at(NOON).policies == ()
    assert rulebook.policies.digest_at(NOON) == ""
    assert rulebook.meanings.at(NOON).status("open") is Status.UNKNOWN
    assert rulebook.turning_points == ()
    assert rulebook.team("an", "1", NOON) == "group:1"
    assert rulebook.team("an", None, NOON) is None
    assert rulebook.chosen_calendar(Places(None, None, None), NOON) == ("", False)
    assert rulebook.calendar("", NOON) is ALWAYS
    assert rulebook.person("an", NOON) is None
    assert not rulebook.is_agent("an", NOON)


def test_turning_points_are_where_a_later_edition_begins(timelines: ModuleType) -> None:
    t = timelines
    editions = [
        t.edition("meanings", {"statuses": {}}),
        t.edition("meanings", {"statuses": {"open": "open"}}, since=3),
        t.edition("calendar", t.VN, "vn", since=9),
        t.edition("calendar", t.NEW_YORK, "vn", since=7),
        t.edition("organization", {"team_of": {}}),
        t.edition("organization", {"team_of": {"an": "north"}}, since=7),
        t.edition("organization", {"team_of": {"an": "south"}}, since=8),
        t.agent("an"),
        t.agent("an", 5, role="admin"),
    ]
    rulebook = compiled(editions)
    assert rulebook.turning_points == (3, 7, 8)
    assert [rulebook.team("an", "1", at) for at in (6, 7, 8)] == ["group:1", "north", "south"]
    assert rulebook.calendar("vn", 6) is not rulebook.calendar("vn", 7)


def test_a_status_nobody_explained_is_unknown(timelines: ModuleType) -> None:
    meanings = compiled([timelines.edition("meanings", timelines.MEANINGS)]).meanings.at(0)
    assert meanings.status("hold") is Status.HOLD
    assert meanings.status("waiting") is Status.UNKNOWN
    assert meanings.status(None) is Status.UNKNOWN
    assert meanings.excluded_tags == {"internal", OWN_TAG}


@pytest.mark.parametrize(
    ("schedule", "group", "brand", "expected"),
    [
        ("york", "2", "9", ("york", False)),  # the platform's own assignment first
        ("gone", "2", "9", ("always", False)),  # a schedule nobody knows, then the group's
        (None, "3", "9", ("york", False)),  # then the brand's
        (None, "3", None, ("vn", False)),  # then the default
    ],
)
def test_a_ticket_follows_its_schedule_else_its_groups_else_its_brands_else_the_default(
    timelines: ModuleType, schedule: str | None, group: str, brand: str | None, expected: tuple[str, bool]
) -> None:
    t = timelines
    choice = {"by_group": {"2": "always"}, "by_brand": {"9": "york"}, "default": "vn"}
    calendars = {"vn": t.VN, "york": t.NEW_YORK, "always": t.ROUND_THE_CLOCK}
    editions = [t.edition("calendar", body, key) for key, body in calendars.items()]
    rulebook = compiled([*editions, t.edition("calendar_choice", choice)])
    assert rulebook.chosen_calendar(Places(schedule, group, brand), NOON) == expected


def test_where_nothing_is_chosen_a_schedule_is_assumed_from_its_own_time_on(timelines: ModuleType) -> None:
    """Business hours that were set up later do not change what was judged without them."""
    t = timelines
    before, since = t.edition("calendar_choice", {}), t.edition("calendar_choice", {"assumed": "vn"}, since=NOON)
    rulebook = compiled([t.edition("calendar", t.VN, "vn"), before, since])
    assert rulebook.chosen_calendar(Places(None, "1"), NOON - 1) == ("", False)
    assert rulebook.chosen_calendar(Places(None, "1", None), NOON) == ("vn", True)


def test_agents_are_people_who_work_tickets_and_machines_are_not(timelines: ModuleType) -> None:
    t = timelines
    people = [*t.PEOPLE, t.agent("left", role="end-user"), t.agent("script")]
    rulebook = compiled([*people, t.edition("meanings", t.MEANINGS)])
    names = ("an", "binh", "robot", "script", "left", "stranger", None)
    assert [rulebook.is_agent(name, NOON) for name in names] == [True, True, False, False, False, False, False]
    assert [rulebook.is_machine(name, NOON) for name in names] == [False, False, True, True, False, False, False]


def test_groups_and_agents_keep_their_names(timelines: ModuleType) -> None:
    t = timelines
    mail = {"name": "Ân", "email": "an@example.com", "role": "agent", "bot": False}
    rulebook = compiled([t.edition("group", {"name": "Bậc 1"}, "1"), t.edition("agent", mail, "an")])
    assert rulebook.groups["1"].at(NOON) == "Bậc 1"
    person = rulebook.person("an", NOON)
    assert person is not None
    assert (person.name, person.email) == ("Ân", "an@example.com")


def test_the_digest_of_an_edition_does_not_depend_on_the_order_of_its_keys() -> None:
    assert digest_of({"a": 1, "b": "ô"}) == digest_of({"b": "ô", "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    assert len(digest_of({})) == 12


def test_a_body_that_is_no_plain_json_has_no_digest() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        digest_of({"a": float("nan")})


def test_roles_follow_the_editions(timelines: ModuleType) -> None:
    """A name that later meanings call a machine's was a person's before; an account may lose its role."""
    t = timelines
    later = t.edition("meanings", {**t.MEANINGS, "bots": ["an"]}, since=NOON)
    people = [*t.PEOPLE, t.agent("binh", NOON, role="end-user")]
    rulebook = compiled([*people, t.edition("meanings", t.MEANINGS), later])
    assert [rulebook.role("an", NOON - 1), rulebook.role("an", NOON)] == [Role.AGENT, Role.MACHINE]
    assert [rulebook.role("binh", NOON - 1), rulebook.role("binh", NOON)] == [Role.AGENT, Role.OTHER]
    settled = compiled([*people, t.edition("meanings", t.MEANINGS)])
    assert [settled.role("binh", NOON - 1), settled.role("binh", NOON)] == [Role.AGENT, Role.OTHER]
    assert settled.role("stranger", NOON) is Role.STRANGER


def test_what_decides_and_what_is_only_work_is_followed(timelines: ModuleType) -> None:
    t = timelines
    carriers = {
        "segment": {"field": "1", "tag": "vip", "values": {}},
        "topic": {"field": "2", "tag": None, "values": {}},
    }
    rulebook = compiled([t.edition("meanings", {**t.MEANINGS, "fields": carriers})])
    assert rulebook.telling == {"field:1", "tags"}
    followed = rulebook.followed
    assert [followed.get(name) for name in ("status", "field:1", "tags")] == [True, True, True]
    assert [followed.get(name) for name in ("form", "field:2", "field:3", "subject")] == [False, False, None, None]
    assert not compiled([]).followed["tags"]


def test_a_meaning_is_read_from_its_tag_or_its_field() -> None:
    meaning = FieldMeaning("7", "vip", {"1": "gold", "vip": "platinum"})
    assert [
        meaning.read(fields, tags) for fields, tags in (({"7": 1}, ()), ({"7": 2}, ()), ({}, ()), ({}, ("vip",)))
    ] == [
        "gold",
        2,
        None,
        "platinum",
    ]
    assert FieldMeaning(None, "vip", {}).read({"7": 1}, ("vip",)) is True
    assert FieldMeaning(None, "vip", {}).read({"7": 1}, ()) is None


def test_parameters_are_read_by_indicator() -> None:
    body = {"indicators": {"one_touch": {"touch_rule": "eq1"}}}
    rulebook = compiled([Edition("parameters", "", None, "x", body)])
    assert rulebook.parameters.at(NOON) == {"one_touch": {"touch_rule": "eq1"}}
