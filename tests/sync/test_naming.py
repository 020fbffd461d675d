from typing import TYPE_CHECKING

import pytest

from sync.naming import mistaken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World


def told(world: "World") -> list[tuple[str, str]]:
    return [(str(each.finding), str(each.mend)) for each in mistaken(world.account)]


def meaning(world: "World", **fields: object) -> None:
    world.configure(fields={name: {"sao-mai": carrier} for name, carrier in fields.items()})


def test_nothing_is_asked_for_where_nothing_is_named(world: "World") -> None:
    world.account.connector.begin()
    before = len(world.sandbox.requests)
    assert told(world) == []
    assert len(world.sandbox.requests) == before


def test_what_is_there_is_no_mistake(world: "World") -> None:
    topic = world.state.add_ticket_field("tagger", "Chủ đề")
    form = next(iter(world.sandbox.workspace.forms))
    world.configure(own={"exclude": {"forms": [str(form)]}}, fields={"topic": {"sao-mai": {"field": str(topic.id)}}})
    assert told(world) == []


def test_a_field_that_is_not_there_is_named_with_the_one_probably_meant(world: "World") -> None:
    topic = world.state.add_ticket_field("tagger", "Topic")
    meaning(world, topic={"field": "42"}, complaint_cause={"field": "42"})
    ((finding, mend),) = told(world)
    assert finding == "fields.complaint_cause, fields.topic: the helpdesk has no ticket field 42"
    assert mend == f"did you mean {topic.id} (“Topic”)?"


@pytest.mark.parametrize("written", ["Chu de gia dinh", "chủ đề gia đình"])
def test_a_title_in_place_of_an_id_leads_to_the_id(world: "World", written: str) -> None:
    field = world.state.add_ticket_field("tagger", "Chủ đề gia đình")
    meaning(world, segment={"field": written})
    ((_, mend),) = told(world)
    assert mend == f"did you mean {field.id} (“Chủ đề gia đình”)?"


def test_where_nothing_is_alike_what_there_is_is_listed(world: "World") -> None:
    for number in range(20):
        world.state.add_ticket_field("text", f"Ghi chú {number}")
    meaning(world, warranty={"field": "42"})
    ((_, mend),) = told(world)
    there = len(world.state.ticket_fields)
    assert mend.startswith("there are: ")
    assert mend.endswith(f" and {there - 15} more")


def test_a_form_that_is_not_there_is_named_and_a_plan_without_forms_has_none(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(own={"exclude": {"forms": ["7"]}})
    form = next(iter(world.sandbox.workspace.forms.values()))
    ((finding, mend),) = told(world)
    assert finding == "exclude.forms: the helpdesk has no ticket form 7"
    assert f"{form.id} (“{form.name}”)" in mend
    world.sandbox.features.discard("ticket_forms")
    assert told(world) == [(finding, "there are: –")]


def test_a_tag_that_no_ticket_bears_is_named_once_there_are_tickets(make_world: "Callable[..., World]") -> None:
    world = make_world(
        own={"exclude": {"tags": ["thu-nghiem"]}},
        fields={"complaint": {"sao-mai": {"tag": "khieu-nai"}}, "warranty": {"sao-mai": {"tag": "bao-hanh"}}},
    )
    assert told(world) == []
    world.ticket(tags=("khieu-nai",))
    world.advance(120)
    world.run(dry_run=True)
    assert [finding for finding, _ in told(world)] == [
        "fields.warranty: no ticket that is here bears the tag bao-hanh",
        "exclude.tags: no ticket that is here bears the tag thu-nghiem",
    ]
