"""The one definition: a ticket's history, read through the rulebook, as of an instant."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kpi_engine.clocks import ClockRun, played
from kpi_engine.evidence import Evidence
from kpi_engine.history import History
from kpi_engine.holdings import held, responsible
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Clock, CreditLine, Exclusion, Firing, Holding, Measurement, Omission
from kpi_engine.message import Message, message
from kpi_engine.records import TicketSnapshot
from kpi_engine.rulebook import DONE, Rulebook, Status
from kpi_engine.story import Story, told

MERGED_TAG = "closed_by_merge"


def measure(history: History, rulebook: Rulebook, as_of: int) -> Measurement:
    """Return everything a ticket's history says, up to and including `as_of`, under the rulebook."""
    ticket = history.latest
    blank = Measurement(
        ticket_id=history.ticket_id,
        account=history.account,
        as_of=as_of,
        edition=rulebook.policies.digest_at(as_of),
    )
    if ticket.created_at > as_of:
        too_young = message("it was opened after the instant the data is complete to")
        return replace(
            blank, excluded=Exclusion("too_young", too_young, ticket.created_at), wake_at=ticket.created_at - 1
        )
    if (excluded := _exclusion(history, rulebook, as_of)) is not None:
        return replace(blank, excluded=Exclusion(*excluded, ticket.created_at))
    return _measured(blank, history, told(history, rulebook, as_of), rulebook)


def _exclusion(history: History, rulebook: Rulebook, as_of: int) -> tuple[str, Message] | None:
    """Return why the ticket counts nowhere, as a code and in words; None if it counts."""
    ticket, meanings = history.latest, rulebook.meanings.at(as_of)
    if history.own:
        return "own", message("it is a summary written by helpdesk-kpi")
    if meanings.status(ticket.status) is Status.DELETED:
        return "deleted", message("it was deleted")
    if MERGED_TAG in ticket.tags:
        return "merged", message("it was merged into another ticket")
    return _configured_exclusion(ticket, meanings.excluded_tags, meanings.excluded_forms)


def _configured_exclusion(
    ticket: TicketSnapshot, tags: frozenset[str], forms: frozenset[str]
) -> tuple[str, Message] | None:
    for tag in ticket.tags:
        if tag in tags:
            return "excluded_tag", message("its tag {tag} is excluded", tag=tag)
    if ticket.form_id in forms:
        return "excluded_form", message("its form {form} is excluded", form=ticket.form_id)
    return None


def _measured(blank: Measurement, history: History, story: Story, rulebook: Rulebook) -> Measurement:
    holdings = held(story, rulebook)
    runs = _clock_runs(story, rulebook) if story.whole else []
    clocks = tuple(_clock(run, story, holdings, rulebook) for run in runs)
    evidence = Evidence(history, story, rulebook, clocks, holdings)
    found = [each for indicator in INDICATORS.values() for each in indicator.lines(evidence)]
    return replace(
        blank,
        lines=tuple(each for each in found if isinstance(each, CreditLine)),
        omissions=tuple(each for each in found if isinstance(each, Omission)),
        clocks=clocks,
        firings=tuple(_firings(zip(runs, clocks, strict=True), story, rulebook)),
        holdings=holdings,
        wake_at=_wake_at(story, runs, rulebook),
    )


def _clock_runs(story: Story, rulebook: Rulebook) -> list[ClockRun]:
    names = dict.fromkeys(rule.clock for policy in rulebook.policies.values for rule in policy.clocks)
    return [run for name in names for run in played(name, story, rulebook)]


def _clock(run: ClockRun, story: Story, holdings: tuple[Holding, ...], rulebook: Rulebook) -> Clock:
    agent, team = (None, None) if run.breached_at is None else responsible(run, story, holdings, rulebook)
    judged_at = next(at for at in (run.breached_at, run.stopped_at, story.as_of) if at is not None)
    return Clock(
        clock=run.rule.clock,
        instance=run.instance,
        policy=rulebook.policies.at(judged_at).policy,
        started_at=run.started_at,
        stopped_at=run.stopped_at,
        goal=run.goal or 0,
        elapsed=run.elapsed,
        due_at=run.due_at,
        breached_at=run.breached_at,
        state=run.state,
        paused=run.stopped_at is None and run.since is None,
        agent=agent,
        team=team,
        runs=tuple(run.runs),
        certainty=run.certainty,
        edition=rulebook.policies.digest_at(judged_at),
    )


def _firings(pairs: Iterable[tuple[ClockRun, Clock]], story: Story, rulebook: Rulebook) -> Iterator[Firing]:
    """Yield what fell due: a warning concerns the holder, a breach and its escalations who answers for it."""
    for run, clock in pairs:
        for timer in run.fired:
            state = story.state_at(timer.at)
            holder = (state.agent, rulebook.team(state.agent, state.group, timer.at))
            agent, team = holder if timer.step.startswith("warn:") else (clock.agent, clock.team)
            yield Firing(
                ticket_id=story.ticket.ticket_id,
                clock=clock.clock,
                instance=clock.instance,
                step=timer.step,
                level=timer.level,
                at=timer.at,
                agent=agent,
                team=team,
                edition=rulebook.policies.digest_at(timer.at),
            )


def _wake_at(story: Story, runs: Iterable[ClockRun], rulebook: Rulebook) -> int | None:
    """Return the latest instant up to which nothing changes by itself: look again once as_of has passed it."""
    instants = [run.wake_at for run in runs if run.wake_at is not None]
    if story.last.status not in DONE:  # a later rule may resume what is paused now, or start a clock
        instants += [turn - 1 for turn in rulebook.turning_points if turn > story.as_of]
    if story.unheard_at is not None:
        instants.append(story.unheard_at - 1)
    return min(instants, default=None)
