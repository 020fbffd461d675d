"""One pass, told in order: pull, keep what decides, measure, plan, queue, deliver."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

from connectors.base import FieldSetup, Target, Usage
from kpi_engine.message import Message
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.agent_fields import agent_plans
from sync.crash import crash_point
from sync.editions import keep_editions, rulebook
from sync.measuring import measure_changed_and_due
from sync.outbox import Sent, send_all
from sync.planning import ARMED, TicketPlan, ticket_plans
from sync.pull import Pass, Progress, Pulled, complete_through, pull
from sync.setup import look_up_fields, set_up, use_remembered_fields
from sync.store.changes import Desired
from sync.store.locks import Holder
from sync.store.readings import Reading
from sync.summaries import DueSummary, Withheld, due_periods, summaries_of


@dataclass(frozen=True, slots=True)
class Mode:
    """How far a pass may go: `dry_run` shows every write and makes none; `yes` allows the first writes ever."""

    dry_run: bool = False
    yes: bool = False
    max_writes: int | None = None

    @property
    def word(self) -> str:
        """The mode's name in the history of passes."""
        return "dry-run" if self.dry_run else "sync"


@dataclass(slots=True)
class PassReport:
    """What a pass did, or would do: `plans` are the ticket writes, `summaries` the tickets to be made.

    `setups` are the wanted custom fields that are missing or cannot serve.
    """

    connector: str
    as_of: int | None = None
    setups: list[FieldSetup] = field(default_factory=list)
    pulled: Pulled = field(default_factory=Pulled)
    measured: int = 0
    plans: list[TicketPlan] = field(default_factory=list)
    agents: list[Desired] = field(default_factory=list)
    summaries: list[DueSummary] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    closed: int = 0
    created_fields: list[str] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    armed: bool = False
    sent: Sent = field(default_factory=Sent)
    usage: Usage = field(default_factory=lambda: Usage(0, 0.0, None))

    def unfit(self, target: Target) -> set[str]:
        """Return the keys whose remote fields cannot serve."""
        return {s.wanted.key for s in self.setups if s.problem is not None and s.wanted.target is target}

    @property
    def writes_planned(self) -> int:
        """How many objects this pass found to be written."""
        return len(self.plans) + len(self.agents) + len(self.summaries)


def run_pass(account: Account, mode: Mode, progress: Progress) -> PassReport:
    """Run one pass of one account and return its report.

    Raises ConnectorError, StoreError or LockHeldError; whatever was saved until then stays and is built upon.
    """
    report = PassReport(account.name)
    with _running(account, mode, report) as this:
        report.setups = look_up_fields(account, this)
        report.pulled = pull(account, this, progress)
        crash_point("after_pull")
        report.as_of = complete_through(account)
        if report.as_of is not None:
            _measure_and_write(account, this, mode, report, report.as_of)
        crash_point("before_end")
    return report


def _measure_and_write(account: Account, this: Pass, mode: Mode, report: PassReport, as_of: int) -> None:
    keep_editions(account, this, as_of)
    crash_point("after_editions")
    rules = rulebook(account)
    report.measured = measure_changed_and_due(account, this, rules, as_of)
    crash_point("after_measuring")
    armed = account.store.switches.number(account.name, ARMED)
    report.armed = armed is not None or (mode.yes and not mode.dry_run)
    if mode.dry_run or not report.armed:
        _show(account, this, report, rules, as_of)
        return
    report.problems += [setup.problem for setup in report.setups if setup.problem is not None]
    report.created_fields = set_up(account, this, report.setups)
    crash_point("after_fields")
    _queue(account, this, report, rules, as_of)
    crash_point("after_planning")
    report.sent = send_all(account, this, mode.max_writes)


def _show(account: Account, this: Pass, report: PassReport, rules: Rulebook, as_of: int) -> None:
    """Work out every write without queueing any; before the first writing pass, as if this were it."""
    armed = account.store.switches.number(account.name, ARMED)
    since = as_of if armed is None else armed
    _plan_tickets(account, report, rules, since)
    for due in due_periods(account, as_of, since):
        _sort(report, summaries_of(account, due, rules, as_of))
    report.agents = list(agent_plans(account, this.pass_id, as_of, report.unfit(Target.AGENT)))


def _queue(account: Account, this: Pass, report: PassReport, rules: Rulebook, as_of: int) -> None:
    """Turn what was measured into queued changes, in one transaction with the note that it was planned."""
    store = account.store
    with store.transaction(this.lock):
        armed = store.switches.number(account.name, ARMED)
        if armed is None:
            armed = as_of
            store.switches.set(account.name, ARMED, as_of)
        planned = _plan_tickets(account, report, rules, armed)
        report.agents = list(agent_plans(account, this.pass_id, as_of, report.unfit(Target.AGENT)))
        desired = chain((plan.desired(this.pass_id) for plan in report.plans), report.agents)
        store.changes.enqueue(account.name, desired, pass_id=this.pass_id, now=account.now())
        store.readings.planned(account.name, planned)
    for due in due_periods(account, as_of, armed):
        with store.transaction(this.lock):
            for each in _sort(report, summaries_of(account, due, rules, as_of)):
                store.summaries.plan(each.summary)
                store.published.publish(each.cells)
                store.changes.enqueue(account.name, [each.desired], pass_id=this.pass_id, now=account.now())
            store.switches.set(account.name, due.switch, due.period.end)


def _plan_tickets(account: Account, report: PassReport, rules: Rulebook, armed: int) -> list[str]:
    """Fill the report with the tickets to be written and return all that were looked at."""
    looked_at = []

    def unplanned() -> Iterator[Reading]:
        for reading in account.store.readings.unplanned(account.name):
            looked_at.append(reading.measurement.ticket_id)
            yield reading

    for plan in ticket_plans(account, unplanned(), rules, armed, report.unfit(Target.TICKET)):
        report.closed += plan.closed
        if plan.changes:
            report.plans.append(plan)
    return looked_at


def _sort(report: PassReport, found: Iterator[DueSummary | Withheld]) -> list[DueSummary]:
    due = []
    for each in found:
        if isinstance(each, Withheld):
            report.withheld.append(each)
        else:
            due.append(each)
    report.summaries += due
    return due


@contextmanager
def _running(account: Account, mode: Mode, report: PassReport) -> Iterator[Pass]:
    """Hold the account's lock for the pass and write its history, however it ends."""
    store, name = account.store, account.name
    holder = Holder(socket.gethostname(), os.getpid(), account.now())
    lock = store.locks.acquire(name, holder, account.now())
    this = Pass(store.passes.begin(name, mode.word, account.now()), lock)
    state = "failed"
    try:
        account.connector.begin()
        use_remembered_fields(account)
        yield this
        state = "done"
    finally:
        report.usage = account.connector.usage()
        store.passes.end(this.pass_id, state, report.as_of, _counts(report), account.now())
        store.locks.release(lock)


def _counts(report: PassReport) -> dict[str, int]:
    return {
        "rows": sum(report.pulled.rows.values()),
        "new_rows": report.pulled.new,
        "quarantined": report.pulled.rejected,
        "measured": report.measured,
        "planned": report.writes_planned,
        "delivered": len(report.sent.delivered),
        "refused": len(report.sent.refused),
        "requests": report.usage.requests,
        "waited_seconds": round(report.usage.waited),
    }
