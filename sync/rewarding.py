"""Rewards of a period: who has the most positive feedback over all his helpdesks; for leads only.

A preview while the period is open, lines of the ledger once it is settled.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kpi_engine.awards import AwardEntry, award_entry, settle_awards, standing_awards
from kpi_engine.measurement import CreditLine
from kpi_engine.periods import Period
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rewards import RESPONSE, Candidate, Reward, awards
from sync.account import Account
from sync.charging import consequences_at, is_settled, judged_together, points_of_persons
from sync.figures import Figures, reduced_in
from sync.joined import Joined, joined

_GROUP: Final = "group:"


def awards_of(account: Account, period: Period, as_of: int) -> list[AwardEntry]:
    """Return where the account's agents stand: the ledger's lines; before it is settled where they would today."""
    if is_settled(account, period):
        return standing_awards(account.store.awards.of_period(account.name, period.label))
    return list(_awarded(account, _agreed(account, period), period, as_of))


def settle_rewards(account: Account, period: Period, as_of: int, correction: int = 0) -> None:
    """Write into the ledger where everybody stands in the rewards of a settled period; in the caller's transaction."""
    entries = account.store.awards.of_period(account.name, period.label)
    agreed = [each for each in _agreed(account, period) if each.judges(period)]
    found = [replace(each, correction=correction) for each in _awarded(account, agreed, period, as_of)]
    account.store.awards.append(account.name, settle_awards(entries, found, as_of, correction))


def _agreed(account: Account, period: Period) -> list[Reward]:
    return [each for each in consequences_at(account, period.start).rewards if each.by is period.kind]


def _awarded(account: Account, agreed: Sequence[Reward], period: Period, as_of: int) -> Iterator[AwardEntry]:
    """Yield where the account's own agents stand among everybody on all accounts, each by all he has."""
    if not agreed:
        return
    wanted = {RESPONSE, *(each.indicator for each in agreed), *(each.guard for each in agreed)}
    with judged_together(account) as everyone:
        asked = joined(_that_ever_ran(account, everyone), period, as_of, tuple(wanted))
        found = reduced_in(asked, (Scope.AGENT,), {each.indicator for each in agreed})[Scope.AGENT]
    points = points_of_persons(account, period, as_of)
    for reward in (each for each in agreed if {each.indicator, each.guard}.isdisjoint(found.missing)):
        for award in awards(reward, _candidates(reward, found, points), period):
            mine = _here(asked, account, award.candidate)
            if mine is not None:
                yield award_entry(reward, replace(award, candidate=mine), period, as_of)


def _that_ever_ran(account: Account, everyone: Sequence[Account]) -> list[Account]:
    others = (each for each in everyone if each.name != account.name)
    return [account, *(each for each in others if each.store.readings.days(each.name) is not None)]


def _here(asked: Joined, account: Account, candidate: Candidate) -> Candidate | None:
    """Return a candidate as he and his team are called on the account; None for who has no agent there."""
    agent, own = asked.everybody.agent_here(candidate.agent, account.name), f"{_GROUP}{account.name}/"
    if agent is None:
        return None
    team = candidate.team
    if team is not None and team.startswith(own):
        team = f"{_GROUP}{team.removeprefix(own)}"
    return candidate._replace(agent=agent, team=team)


def _candidates(reward: Reward, found: Figures, points: Mapping[str, int]) -> Iterator[Candidate]:
    for agent, card in found.scorecards.items():
        lines = found.lines.get(agent, {}).get(reward.indicator, ())
        if agent is not None and lines:
            yield Candidate(
                agent,
                _team(lines),
                card[reward.indicator],
                card[reward.guard],
                _known(found, card),
                points.get(agent, 0),
            )


def _team(lines: Sequence[CreditLine]) -> str | None:
    """Return the team in which most of the lines were earned, of several the one of the latest line."""
    earned = Counter(line.team for line in lines)
    return max(lines, key=lambda line: (earned[line.team], line.at)).team


def _known(found: Figures, card: Mapping[str, Cell]) -> Cell | None:
    return None if RESPONSE in found.missing else card.get(RESPONSE)
