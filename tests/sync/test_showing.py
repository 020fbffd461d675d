import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from connectors.base import FieldSetup, Stream, SummaryTicket, Target, Usage, WantedField
from kpi_engine.message import message
from kpi_engine.periods import period_named
from sync.cycle import Mode, PassReport
from sync.locale import Language
from sync.outbox import Sent
from sync.planning import FieldChange, TicketPlan
from sync.pull import Pulled
from sync.sample import Sample
from sync.showing import LISTED, pass_document, pass_sentences
from sync.store.changes import ChangeState, Desired, Queued
from sync.store.summaries import Summary
from sync.summaries.decisions import DueSummary, PeriodWork
from sync.summaries.withholding import Withheld
from sync.value_words import value_words
from sync.waiting import Waiting
from sync.waiting_text import waiting_documents

EN = Language("en", "Asia/Ho_Chi_Minh")
AS_OF = 1_795_237_200
WHY = message("a clock runs")


T = TypeVar("T")


def sample(items: Sequence[T]) -> Sample[T]:
    made: Sample[T] = Sample()
    for item in items:
        made.note(item)
    return made


def plan() -> TicketPlan:
    """Return what one ticket needs."""
    changes = (
        FieldChange("due_at", None, AS_OF, WHY),
        FieldChange("overdue", old=True, new=False, why=message("it is over")),
    )
    return TicketPlan("37", 0, changes)


def due(*, with_ticket: bool = True) -> DueSummary:
    """Return a summary that is due."""
    ticket = SummaryTicket("helpdesk-kpi:x", "KPI · Mai · 2026-W47", "", "", (), None, None) if with_ticket else None
    summary = Summary(
        connector="sao-mai",
        scope="agent",
        subject="7",
        period="2026-W47",
        period_start=0,
        period_end=1,
        external_id="helpdesk-kpi:x",
    )
    wanted = Desired(key="x", target=Target.SUMMARY, target_id="x", why=message("it is due"), summary=ticket)
    return DueSummary(summary, wanted, ())


def refused(number: int) -> tuple[Queued, Any]:
    """Return a write that was refused."""
    return (
        Queued(
            change_id=number,
            connector="sao-mai",
            key=f"ticket:{number}",
            target=Target.TICKET,
            target_id=str(number),
            state=ChangeState.REFUSED,
            values={},
            previous={},
            why=WHY,
            urgency=0,
            attempts=1,
            not_before=None,
            job=None,
            reason=message("it is locked"),
            closed=False,
            remote_id=None,
            pass_id=1,
            created_at=0,
            changed_at=0,
            summary=None,
        ),
        message("it is locked"),
    )


def report(**changed: Any) -> PassReport:  # noqa: ANN401 -- any part of a report
    """Return a report of a pass that did something."""
    usage = Usage(12, 90.0, AS_OF)
    return PassReport(**{"connector": "sao-mai", "as_of": AS_OF, "measured": 1200, "usage": usage, **changed})


NOT_YET = "writing is not yet allowed: the first pass with --yes allows it, for all later passes too"


def told(of: PassReport, mode: Mode) -> list[str]:
    """Return the sentences about a pass."""
    return [EN(sentence) for sentence in pass_sentences(of, mode, EN)]


def test_before_a_first_whole_pull_there_is_nothing_to_tell() -> None:
    assert told(report(as_of=None), Mode()) == ["sao-mai: nothing is complete yet; the next pass goes on"]


def test_the_result_comes_first() -> None:
    pulled = Pulled(rows={Stream.TICKETS: 1000, Stream.HISTORY: 345})
    first, *_ = told(report(pulled=pulled), Mode())
    assert first == (
        "sao-mai: data complete to 2026-11-21 12:00; 1,345 rows pulled, 1,200 tickets measured, "
        "12 requests, waited 2 min"
    )


def test_what_is_missing_is_told_before_what_was_written() -> None:
    pulled = Pulled(rejected=3, skipped={Stream.SCHEDULES: message("the plan has none")}, notes=[message("odd")])
    withheld = [Withheld(("Mai", "An"), "2026-W47", message("others could read it"))]
    problems = [message("KPI: overdue is of another type")]
    _, *gaps, _ = told(report(pulled=pulled, withheld=withheld, problems=problems, armed=True), Mode())
    assert gaps == [
        "business hours skipped: the plan has none",
        "odd",
        "in quarantine: 3 rows that could not be read",
        "KPI: overdue is of another type",
        "not written: 2 summary tickets for 2026-W47 (Mai, An): others could read it",
    ]


def test_ratings_are_only_missed_where_neither_kind_of_them_is_offered() -> None:
    none = message("the plan has none")
    for stream in (Stream.RATINGS, Stream.SURVEYS):
        assert len(told(report(pulled=Pulled(skipped={stream: none}), armed=True), Mode())) == 2
    both = Pulled(skipped={Stream.RATINGS: none, Stream.SURVEYS: none})
    assert told(report(pulled=both, armed=True), Mode())[1:3] == [
        "satisfaction ratings skipped: the plan has none",
        "survey responses skipped: the plan has none",
    ]


def test_a_dry_run_tells_each_write() -> None:
    agents = [
        Desired(
            key="a",
            target=Target.AGENT,
            target_id="7",
            values={"first_reply": 12.5, "created": 3},
            previous={"first_reply": None},
            why=message("the week is over"),
        )
    ]
    given = report(plans=sample([plan()]), agents=sample(agents), summaries=[due(), due(with_ticket=False)])
    assert told(given, Mode(dry_run=True))[1:] == [
        "writes this pass would make: 4; none was made",
        "ticket 37: KPI: due at: empty → 2026-11-21 12:00 (a clock runs)",
        "ticket 37: KPI: overdue: yes → no (it is over)",
        "agent 7: First reply time: empty → 12.5 (the week is over)",
        "agent 7: Tickets created: empty → 3 (the week is over)",
        "new ticket: KPI · Mai · 2026-W47 (it is due)",
        "new ticket:  (it is due)",
        NOT_YET,
    ]


def test_a_dry_run_tells_which_fields_would_be_created() -> None:
    wanted = WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "")
    setups = [FieldSetup(wanted, None), FieldSetup(wanted, "1", message("it is of another type"))]
    assert told(report(setups=setups), Mode(dry_run=True))[1] == "custom fields that would be created: KPI: overdue"


def test_an_account_that_may_not_be_written_to_says_how_to_allow_it() -> None:
    assert told(report(plans=sample([plan()])), Mode())[1:] == [
        "writes this pass would make: 1; none was made",
        "look at them with --dry-run",
        NOT_YET,
    ]
    assert told(report(), Mode())[1:] == ["writes this pass would make: 0; none was made"]


def test_a_writing_pass_tells_what_became_of_its_writes_and_lists_so_many_refusals() -> None:
    many = [refused(number) for number in range(LISTED + 5)]
    warnings = {text: message(text) for text in ("the assignee is gone", "another")}
    sent = Sent(delivered=sample([many[0][0]] * 1001), refused=sample(many), closed=2, warnings=warnings, waiting=4)
    _, fields, counts, *rest = told(report(armed=True, sent=sent, closed=1, created_fields=["KPI: a"]), Mode())
    assert fields == "custom fields created: KPI: a"
    assert counts == "written: 1,001; refused: 25; closed tickets set aside: 3; still waiting: 4"
    assert rest == [
        "the next pass writes what is waiting, unless --max-writes bounds it again",
        *(f"ticket {number} refused: it is locked" for number in range(LISTED)),
        "the assignee is gone",
        "another",
    ]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("due_at", None, "empty"),
        ("overdue", True, "yes"),
        ("overdue", False, "no"),
        ("due_at", AS_OF, "2026-11-21 12:00"),
        ("due_at", float(AS_OF), "2026-11-21 12:00"),
        ("escalation_level", 1200, "1,200"),
        ("first_reply", 12.25, "12.2"),
        ("overdue_clock", "First reply", "First reply"),
        ("due_at", "tomorrow", "tomorrow"),
    ],
)
def test_a_value_is_told_as_a_person_reads_it(key: str, value: object, words: str) -> None:
    assert str(value_words(key, value, EN)) == words


def waits(target: Target, target_id: str, **changed: Any) -> Queued:  # noqa: ANN401 -- any part of a change
    """Return a write that an earlier pass queued."""
    queued, _ = refused(9)
    made: Queued = replace(queued, target=target, target_id=target_id, state=ChangeState.QUEUED, **changed)
    return made


def test_a_dry_run_tells_what_waits_but_what_it_plans_anew_once() -> None:
    ticket = due().desired.summary
    objects = [
        waits(Target.TICKET, "37", values={"due_at": 60, "escalation_level": 2}),
        waits(Target.ESCALATION, "37", values={"note": "an hour\nover", "marker": "m"}),
        waits(Target.SUMMARY, "helpdesk-kpi:x", summary=ticket),
        waits(Target.SUMMARY, "4711", summary=ticket),
        waits(Target.SUMMARY, "x", summary=ticket),
    ]
    waiting = Waiting({(each.target, each.target_id): each for each in objects}, len(objects), unsettled=1)
    given = report(waiting=waiting)
    given.note(plan())
    given.take(PeriodWork("agent", period_named("2026-W47", "UTC"), "", due=[due()]))
    assert (given.writes_planned, given.writes_due) == (2, 5)
    sentences = told(given, Mode(dry_run=True))
    assert sentences[1] == "writes this pass would make: 5; none was made"
    why = "a clock runs"
    assert sentences[5:-1] == [
        "already queued by earlier passes, and sent by the next one that writes: 5",
        f"ticket 37: KPI: escalation level: empty → 2 ({why})",
        f"escalation on ticket 37: private note: empty → an hour · over ({why})",
        f"new ticket: KPI · Mai · 2026-W47 ({why})",
        f"note on: KPI · Mai · 2026-W47 ({why})",
        "sent, but what became of it is not known yet: 1; the next pass looks it up first",
    ]
    document = pass_document(given)
    assert (document["unsettled"], document["writes_due"]) == (1, 5)
    assert [each["id"] for each in waiting_documents(waiting)] == ["37", "37", "helpdesk-kpi:x", "4711"]


def test_the_document_of_a_pass_is_json_and_tells_all_of_it() -> None:
    agents = [Desired(key="a", target=Target.AGENT, target_id="7", values={"created": 3}, why=WHY)]
    given = report(
        plans=sample([plan()]),
        agents=sample(agents),
        summaries=[due()],
        withheld=[Withheld(("Mai",), "2026-W47", message("others"))],
        pulled=Pulled(rows={"tickets": 2}, new=1, rejected=1, skipped={Stream.RATINGS: message("none")}),
        sent=Sent(refused=sample([refused(5)]), closed=1, waiting=2, warnings={"odd": message("odd")}),
        closed=1,
        problems=[message("a problem")],
    )
    document = json.loads(json.dumps(pass_document(given)))
    assert document["writes"][1] == {
        "ticket_id": "37",
        "field": "overdue",
        "old": True,
        "new": False,
        "why": "it is over",
    }
    assert document["agent_writes"] == [{"agent_id": "7", "values": {"created": 3}, "previous": {}}]
    assert document["summaries"] == ["helpdesk-kpi:x"]
    assert document["withheld"] == [{"subjects": ["Mai"], "period": "2026-W47", "reason": "others"}]
    assert document["refused"] == [{"target": "ticket", "id": "5", "reason": "it is locked"}]
    assert document["skipped"] == {"ratings": "none"}
    assert (document["closed"], document["waiting"], document["quarantined"]) == (2, 2, 1)
    assert (document["problems"], document["warnings"]) == (["a problem"], ["odd"])
