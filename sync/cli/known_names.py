"""Names that no ticket and no helpdesk has: refused, for a scorecard of nothing but zeros would look like a finding."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.cli.choosing import no_agent, none_called, stranger
from sync.figures import reduced
from sync.joined import Joined, joined
from sync.sources import Asked, source

_OF_TICKETS: Final = (Scope.CHANNEL, Scope.PRIORITY, Scope.SEGMENT, Scope.SEVERITY)


def refuse_unknown(asked: Asked, scope: Scope, subject: str) -> None:
    """Raise a usage error where an agent, a channel, a priority, a segment or a severity is none.

    Others are found by their names.

    A word that tickets bear is known by the quarters of the period and of the newest data: quiet in the period is not
    unknown. So is the id of an agent whom the helpdesk lists no more.
    """
    if scope is Scope.AGENT and stranger(asked, subject) and subject not in _borne(asked, scope):
        raise no_agent(asked, subject)
    if scope in _OF_TICKETS and subject not in (known := _borne(asked, scope)):
        raise none_called(scope, subject, known)


def _borne(asked: Asked, scope: Scope) -> set[str]:
    """Return whose figures there are in those quarters, whatever indicator was asked for."""
    found = {subject for quarter in _quarters(asked) for subject in reduced(_whole(asked, quarter), scope).scorecards}
    return {subject for subject in found if subject is not None}


def _quarters(asked: Asked) -> Iterator[Period]:
    period, as_of = asked.window.period, asked.window.as_of
    instants = (period.start, as_of)
    yield from dict.fromkeys(period_at(PeriodKind.QUARTER, period.zone, at) for at in instants)


def _whole(asked: Asked, period: Period) -> Asked:
    as_of = asked.window.as_of
    if isinstance(asked, Joined):
        return replace(joined([part.account for part in asked.sources], period, as_of), sight=asked.sight)
    return replace(source(asked.account, period, as_of), sight=asked.sight)
