"""One pass, told in order: pull, keep what decides, measure, plan, queue, deliver."""

import os
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from connectors.base import FieldSetup, Target, Usage
from kpi_engine.message import Message
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.agent_fields import agent_work, note_shown
from sync.announcing import note_acknowledgements
from sync.backfill import Backfilled, Past, backfill, past_plans
from sync.crash import crash_point
from sync.disputing import note_disputes
from sync.echoes import look_for_echoes
from sync.editions import keep_editions, rulebook, unexplained
from sync.effect_echoes import look_for_effects
from sync.effects import Effects, new_effects, note_learned
from sync.findings import noted
from sync.inputs.scheduled import import_changed
from sync.measuring import measure_changed_and_due
from sync.organization import unknown_team_leads
from sync.outbox import Sent, send_all
from sync.overriding import note_overrides
from sync.people_files import refresh
from sync.planning import ARMED, TicketPlan, ticket_plans
from sync.policies import note_policies, policy_digests, put_in_force
from sync.pull import Pass, Progress, Pulled, complete_through, pull
from sync.refetch import lacking_fields, note_fields
from sync.retention import Outdated, enforce_retention
from sync.sample import Sample
from sync.setup import look_up_fields, set_up, use_remembered_fields
from sync.stopping import stopped
from sync.store.changes import Desired
from sync.store.codec import chunked
from sync.store.findings import Finding
from sync.store.locks import Holder
from sync.store.readings import Outlook
from sync.summaries.decisions import DueSummary, PeriodWork
from sync.summaries.due import queue_summaries, summary_work
from sync.summaries.withholding import Withheld
from sync.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Mode:
    """How far a pass may go: `dry_run` shows every write and makes none; `yes` allows the first writes ever.

    `backfill_since` gives the past from that instant on its fields and summaries too. `by_hand`: somebody asked for
    this pass, who may just have switched a feature on.
    """

    dry_run: bool = False
    yes: bool = False
    max_writes: int | None = None
    backfill_since: int | None = None
    by_hand: bool = False

    @property
    def word(self) -> str:
        """The mode's name in the history of passes."""
        return "dry-run" if self.dry_run else "sync"


@dataclass(slots=True)
class PassReport:
    """What a pass did, or would do: `plans` are the ticket writes, `effects` what escalations do on tickets.

    `setups` are the wanted custom fields that are missing or cannot serve, `rules` what is said of those that changed.
    """

    connector: str
    as_of: int | None = None
    setups: list[FieldSetup] = field(default_factory=list)
    pulled: Pulled = field(default_factory=Pulled)
    measured: int = 0
    plans: Sample[TicketPlan] = field(default_factory=Sample)
    agents: Sample[Desired] = field(default_factory=Sample)
    effects: Effects = field(default_factory=Effects)
    edits: Sample[Finding] = field(default_factory=Sample)
    summaries: list[DueSummary] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    waiting: Waiting = field(default_factory=Waiting)
    backfilled: Backfilled | None = None
    closed: int = 0
    created_fields: list[str] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    rules: list[Message] = field(default_factory=list)
    armed: bool = False
    stopped: Message | None = None
    sent: Sent = field(default_factory=Sent)
    outdated: Outdated | None = None
    usage: Usage = field(default_factory=lambda: Usage(0, 0.0, None))

    def unfit(self, target: Target) -> set[str]:
        """Return the keys whose remote fields cannot serve."""
        return {s.wanted.key for s in self.setups if s.problem is not None and s.wanted.target is target}

    @property
    def writes_planned(self) -> int:
        """How many objects this pass found to be written."""
        return self.plans.total + self.agents.total + self.effects.plans.total + len(self.summaries)

    @property
    def writes_due(self) -> int:
        """How many objects would be written: those this pass found, and what earlier passes queued beside them."""
        return self.writes_planned + self.waiting.beside

    def note(self, plan: TicketPlan) -> None:
        """Count one ticket that was looked at."""
        self.closed += plan.closed
        if plan.changes:
            self.plans.note(plan)
            self.waiting.plan(Target.TICKET, plan.ticket_id, [change.key for change in plan.changes])
        for edit in plan.edits:
            self.edits.note(edit)

    def note_rules(self, told: Message | None) -> None:
        """Add what is to be said of rules that changed."""
        self.rules += [] if told is None else [told]

    def take(self, work: PeriodWork) -> None:
        """Add what is to be done about one period's summaries."""
        self.summaries += work.due
        for due in work.due:
            self.waiting.plan(Target.SUMMARY, due.desired.target_id, due.desired.values)
        self.withheld += [work.withheld] if work.withheld is not None else []


def run_pass(account: Account, mode: Mode, progress: Progress) -> PassReport:
    """Run one pass of one account and return its report.

    Raises ConnectorError, StoreError or LockHeldError; whatever was saved until then stays and is built upon.
    """
    report = PassReport(account.name)
    with running(account, mode.word, report) as this:
        report.problems += note_policies(account, this)
        policies = policy_digests(account)
        report.setups = look_up_fields(account, this)
        note_fields(account, this.lock)
        meanwhile = partial(_measure_meanwhile, account, this, report)
        report.pulled = pull(account, this, progress, meanwhile, probing=mode.by_hand)
        report.pulled.notes += import_changed(account)
        report.pulled.notes += refresh_people_files(account, this)
        crash_point("after_pull")
        report.as_of = complete_through(account)
        if report.as_of is not None:
            _measure_and_write(account, this, mode, report, report.as_of)
            report.rules += put_in_force(account, policies) if mode.dry_run else []
            report.outdated = enforce_retention(account, this.lock, report.as_of)
        crash_point("before_end")
    return report


def refresh_people_files(account: Account, this: Pass) -> list[Message]:
    """Take the organization and the rosters from the files that the configuration names."""
    with account.store.transaction(this.lock):
        told = refresh(account.store, account.settings, complete_through(account) or account.now())
    return [*told, *unknown_team_leads(account)]


def _measure_meanwhile(account: Account, this: Pass, report: PassReport) -> None:
    """Measure what is complete while a long history is still being pulled, so that its figures can be read."""
    as_of = complete_through(account)
    if as_of is not None:
        report.note_rules(keep_editions(account, this, as_of))
        measure_changed_and_due(account, this, rulebook(account), as_of)


def _measure_and_write(account: Account, this: Pass, mode: Mode, report: PassReport, as_of: int) -> None:
    report.note_rules(keep_editions(account, this, as_of))
    report.pulled.notes += [*unexplained(account), *lacking_fields(account)]
    crash_point("after_editions")
    report.pulled.notes += note_disputes(account, as_of)
    note_overrides(account, this)
    rules = rulebook(account)
    note_acknowledgements(account, this, rules)
    report.measured = measure_changed_and_due(account, this, rules, as_of)
    crash_point("after_measuring")
    armed = account.store.switches.number(account.name, ARMED)
    report.armed = armed is not None or (mode.yes and not mode.dry_run)
    report.problems += [setup.problem for setup in report.setups if setup.problem is not None]
    if mode.dry_run or not report.armed:
        _show(account, this, mode, report, rules, as_of)
        return
    report.created_fields = set_up(account, this, report.setups)
    crash_point("after_fields")
    look_for_echoes(account, this, as_of)
    look_for_effects(account, this, as_of)
    _queue(account, this, report, rules, as_of)
    crash_point("after_planning")
    report.sent = send_all(account, this, mode.max_writes)
    if report.sent.refused or report.sent.warnings:
        _look_again(account, this, report)
    if mode.backfill_since is not None:
        report.backfilled = backfill(account, this, rules, as_of, _past(mode, report, mode.backfill_since))


def _past(mode: Mode, report: PassReport, since: int) -> Past:
    return Past(since, mode.max_writes, report.unfit(Target.TICKET), report.sent)


def _look_again(account: Account, this: Pass, report: PassReport) -> None:
    """See at once whether a field changed: a write that was refused, or taken only in part, may come of that."""
    known = {str(problem) for problem in report.problems}
    setups = look_up_fields(account, this, at_once=True)
    report.problems += [s.problem for s in setups if s.problem is not None and str(s.problem) not in known]


def _show(account: Account, this: Pass, mode: Mode, report: PassReport, rules: Rulebook, as_of: int) -> None:  # noqa: PLR0913, PLR0917 -- the pass as it stands
    """Work out every write without queueing any; before the first writing pass, as if this were it."""
    armed = account.store.switches.number(account.name, ARMED)
    since = as_of if armed is None else armed
    report.waiting, report.stopped = Waiting.of(account), stopped(account)
    if mode.dry_run:  # which shows every write there would be
        report.plans, report.agents, report.effects.plans = Sample(None), Sample(None), Sample(None)
    if mode.backfill_since is not None:
        since = min(since, mode.backfill_since)
        for plan in past_plans(account, rules, since, report.unfit(Target.TICKET)):
            report.note(plan)
    else:
        unplanned = account.store.readings.unplanned(account.name)
        plans = ticket_plans(account, unplanned, rules, since, report.unfit(Target.TICKET))
        for plan in plans:
            report.note(plan)
    deque(new_effects(account, rules, as_of, report.effects), maxlen=0)
    for work in summary_work(account, this, rules, as_of, since):
        report.take(work)
    for desired in agent_work(account, this.pass_id, as_of, report.unfit(Target.AGENT)).due:
        report.agents.note(desired)
        report.waiting.plan(Target.AGENT, desired.target_id, desired.values)


def _queue(account: Account, this: Pass, report: PassReport, rules: Rulebook, as_of: int) -> None:
    """Turn what was measured into queued changes, in one transaction with the note that it was planned."""
    store = account.store
    with store.transaction(this.lock):
        armed = store.switches.number(account.name, ARMED)
        if armed is None:
            armed = as_of
            store.switches.set(account.name, ARMED, as_of)
        tickets = _wanted_of_tickets(account, this, report, _Planning(rules, armed))
        escalated = (plan.desired() for plan in new_effects(account, rules, as_of, report.effects))
        desired = chain(tickets, escalated, _wanted_of_agents(account, this, report, as_of))
        store.changes.enqueue(account.name, desired, pass_id=this.pass_id, now=account.now())
        store.steps_left.note(account.name, report.effects.steps_left, as_of)
        note_learned(account)
    for work in summary_work(account, this, rules, as_of, armed):
        with store.transaction(this.lock):
            queue_summaries(account, this, work)
        report.take(work)


@dataclass(frozen=True, slots=True)
class _Planning:
    """What tickets are planned by: the rules, and the instant from which on they are given fields."""

    rules: Rulebook
    armed: int


def _wanted_of_tickets(account: Account, this: Pass, report: PassReport, planning: _Planning) -> Iterator[Desired]:
    """Yield what tickets need one by one, keeping only a sample: there may be as many as there are tickets."""
    unplanned = _looked_at(account)
    plans = ticket_plans(account, unplanned, planning.rules, planning.armed, report.unfit(Target.TICKET))
    for plan in noted(account, plans):
        report.note(plan)
        if plan.changes:
            yield plan.desired(this.pass_id)


def _looked_at(account: Account) -> Iterator[Outlook]:
    """Yield the readings that no plan has looked at, noting some at a time that one did now."""
    store, name = account.store, account.name
    for outlooks in chunked(store.readings.unplanned(name)):
        yield from outlooks
        store.readings.planned(name, [outlook.ticket_id for outlook in outlooks])


def _wanted_of_agents(account: Account, this: Pass, report: PassReport, as_of: int) -> Iterator[Desired]:
    work = agent_work(account, this.pass_id, as_of, report.unfit(Target.AGENT))
    for desired in work.due:
        report.agents.note(desired)
        yield desired
    note_shown(account, work)


@contextmanager
def running(account: Account, word: str, report: PassReport) -> Iterator[Pass]:
    """Hold the account's lock for the pass and write its history, however it ends."""
    store, name = account.store, account.name
    holder = Holder(socket.gethostname(), os.getpid(), account.now())
    lock = store.locks.acquire(name, holder, account.now())
    this = Pass(store.passes.begin(name, word, account.now()), lock)
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
        "delivered": report.sent.delivered.total,
        "refused": report.sent.refused.total,
        "conflicts": report.sent.conflicts,
        "requests": report.usage.requests,
        "waited_seconds": round(report.usage.waited),
    }
