"""What fields and tags mean, on every helpdesk: read from the first pull on, or fetched again when mapped later."""

from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.explaining import explained
from sync.figures import figures
from sync.missing import mapped_within
from sync.naming import mistaken
from sync.recompute import correct, locked
from sync.refetch import lacking_fields, refetch
from sync.sources import as_of_now, source

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.periods import Period
    from tests.sync.conftest import World

KINDS = ("zendesk", "freshdesk", "salesforce")
NAME = "sao-mai"
HOUR, DAY = 3600, 86_400
CARRIERS = {
    "freshdesk": ("cf_ma_don_hang", "cf_loai_khieu_nai"),
    "salesforce": ("Ma_Don_Hang__c", "Loai_Khieu_Nai__c"),
}


def carriers(world: "World") -> tuple[Any, Any]:
    """Return the names under which a simulated ticket holds a text, and what is complained about."""
    if world.kind != "zendesk":
        return CARRIERS[world.kind]
    one, other = (world.state.add_ticket_field("text", title).id for title in ("Mã đơn hàng", "Loại khiếu nại"))
    return one, other


def mapped(**carriers: dict[str, Any]) -> dict[str, Any]:
    return {name: {NAME: carrier} for name, carrier in carriers.items()}


def week_of(world: "World", at: int) -> "Period":
    return period_at(PeriodKind.WEEK, world.account.settings.timezone, at)


def value(world: "World", key: str, period: "Period") -> float | None:
    found = figures(world.account, period, Scope.ACCOUNT, as_of_now(world.account) or 0)
    return found.scorecards[NAME][key].value


@pytest.mark.parametrize("kind", KINDS)
def test_every_meaning_is_read_from_a_field_or_a_tag_of_every_helpdesk(
    make_world: "Callable[..., World]", kind: str
) -> None:
    world = make_world(kind=kind)
    order, kind_of = carriers(world)
    tagged = kind != "salesforce"
    blamed = world.platform.person(world.state, world.agents[1])
    world.configure(
        fields=mapped(
            complaint={"field": str(kind_of)},
            complaint_cause={"field": str(kind_of), "values": {"Hàng lỗi": "product"}},
            root_cause={"field": str(kind_of)},
            responsible_agent={"field": str(order), "values": {"Bình": blamed}},
            topic={"field": str(order)},
            segment={"tag": "vip", "values": {"vip": "VIP"}} if tagged else {"field": str(order)},
            severity={"tag": "s1", "values": {"s1": "S1"}} if tagged else {"field": str(kind_of)},
            warranty={"tag": "bao-hanh"} if tagged else {"field": str(order), "values": {"Bình": "no"}},
        )
    )
    ticket = world.ticket(**({"tags": ("vip", "s1", "bao-hanh")} if tagged else {}))
    world.state.change(ticket.id, world.agents[0], fields={order: "Bình", kind_of: "Hàng lỗi"})
    world.advance(60)
    world.state.comment(ticket.id, world.agents[0], status="solved")
    world.advance(2 * HOUR)
    world.run(dry_run=True)
    assert lacking_fields(world.account) == list(mistaken(world.account)) == []
    (reading,) = world.store.readings.all(NAME)
    lines = {line.indicator: line for line in reading.lines}
    told = {key: (lines[key].agent, lines[key].part) for key in ("complaints", "complaints_by_topic", "root_causes")}
    assert told == {
        "complaints": (blamed, "product"),
        "complaints_by_topic": (blamed, "Bình"),
        "root_causes": (world.platform.person(world.state, world.agents[0]), "Hàng lỗi"),
    }
    assert lines["created"].segment == ("VIP" if tagged else "Bình")
    (history,) = world.store.records.histories(NAME, [reading.ticket_id], 0)
    assert set(history.latest.fields) >= {str(order), str(kind_of)}


def test_a_helpdesk_without_tags_is_told_to_map_a_field(make_world: "Callable[..., World]") -> None:
    world = make_world(kind="salesforce", fields=mapped(warranty={"tag": "bao-hanh"}))
    world.answered()
    world.advance(2 * HOUR)
    world.run(dry_run=True)
    (found,) = mistaken(world.account)
    told = ("fields.warranty: this helpdesk has no tags", "name a field that says so")
    assert (str(found.finding), str(found.mend)) == told


@pytest.mark.parametrize("kind", KINDS)
def test_a_meaning_mapped_later_is_no_zero_before_and_acts_there_once_fetched_and_corrected(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """Mon: a complaint. Next week, Tue: the field is mapped; Wed: fetched again, another complaint; Mon: corrected."""
    world = make_world(kind=kind)
    _, kind_of = carriers(world)
    first = week_of(world, int(world.clock.now()))
    for _ in range(2):
        ticket = world.answered()
        world.state.change(ticket.id, world.agents[0], fields={kind_of: "Hàng lỗi"})
    world.advance(2 * HOUR)
    world.run(dry_run=True)
    world.advance(8 * DAY)
    world.configure(fields=mapped(complaint={"field": str(kind_of)}))
    world.run(dry_run=True)
    (note,) = lacking_fields(world.account)
    assert "was not pulled with the 2 tickets already stored" in str(note)
    assert "recompute --refetch" in str(note)
    with locked(world.account) as this:
        refetch(world.account, this.lock)
    world.advance(DAY)
    world.state.change(world.ticket().id, world.agents[0], fields={kind_of: "Giao chậm"})
    world.advance(2 * HOUR)
    world.run(dry_run=True)
    assert lacking_fields(world.account) == []

    second = first.next()
    before = source(world.account, first, as_of_now(world.account) or 0, ("complaints", "complaint_rate"))
    assert set(before.missing) == {"complaints", "complaint_rate"}
    assert f"was not mapped yet in {first.label}; `helpdesk-kpi recompute --corrects" in str(
        before.missing["complaints"]
    )
    assert (value(world, "complaints", first), value(world, "complaints", second)) == (None, 1)
    assert before.of(second).missing == {}
    assert source(world.account, second, second.end, ("created",)).of(first).missing == {}
    asked = source(world.account, second, as_of_now(world.account) or 0)
    (within,) = mapped_within(asked.window, ("created", "complaints"))
    assert str(within).startswith(f"complaints: `fields.complaint` was mapped in a part of {second.label} only")

    correct(world.account, first, apply=True)
    assert value(world, "complaints", first) == 2
    assert list(mapped_within(asked.of(first).window, ("complaints",))) == []
    shown = explained(world.account, INDICATORS["complaints"], asked.of(first).question(Scope.ACCOUNT), NAME)
    assert [line.part for line in shown.lines] == [None, None]
