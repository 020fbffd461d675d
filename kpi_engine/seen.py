"""What indicators are given of an observation: its rows, whom they concern, and when they are asked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kpi_engine.calendars import zone_named
from kpi_engine.measurement import Omission, Stamp
from kpi_engine.parameter import Parameter
from kpi_engine.periods import Period, period_named
from kpi_engine.records import Observation
from kpi_engine.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows of one observation (one, unless its kind has several), their agents ids of the account or nobody.

    `asked` is the period whose figures are made, None where nobody asks for one; nothing after `as_of` is known.
    """

    rows: tuple[Observation, ...]
    channel: str | None
    rulebook: Rulebook
    as_of: int
    asked: Period | None = None

    @property
    def observation(self) -> Observation:
        """The first of its rows."""
        return self.rows[0]

    def each(self) -> Iterator["Seen"]:
        """Yield each of its rows by itself."""
        for row in self.rows:
            yield replace(self, rows=(row,))

    # --- When, and whom it concerns ---------------------------------------------------------------------------------

    def stamp(self, at: int | None = None) -> Stamp:
        """Return the stamp of an instant, its own where none is given, for its agent in his team then."""
        seen = self.observation
        return self._stamp(seen.at if at is None else at, seen.agent, seen.agent)

    def team_stamp(self, at: int | None = None) -> Stamp:
        """Return the stamp of an instant for nobody, in the team of its agent then."""
        return self._stamp(self.observation.at if at is None else at, None, self.observation.agent)

    def transaction_stamp(self, at: int) -> Stamp:
        """Return the stamp for its agent where it is about one ticket, else for his team alone."""
        return self.team_stamp(at) if self.observation.ticket_id is None else self.stamp(at)

    def _stamp(self, at: int, agent: str | None, member: str | None) -> Stamp:
        seen = self.observation
        return Stamp(
            at=at,
            agent=agent,
            team=self.rulebook.team(member, None, at),
            ticket_id=seen.ticket_id,
            account=seen.account or "",
            channel=self.channel,
            priority=None,
            segment=None,
            edition=self.rulebook.policies.digest_at(at),
            observation_id=seen.observation_id,
        )

    # --- What it says -----------------------------------------------------------------------------------------------

    def number(self, name: str) -> int | None:
        """Return a value that is a whole number; None where nothing says it."""
        value = self.observation.values.get(name)
        return None if value is None else int(value)

    def decimal(self, name: str, default: float | None = None) -> float | None:
        """Return a value that is a number; `default` where nothing says it."""
        value = self.observation.values.get(name)
        return default if value is None else float(value)

    def text(self, name: str) -> str | None:
        """Return a value that is a word; None where nothing says it."""
        value = self.observation.values.get(name)
        return None if value is None else str(value)

    def truth(self, name: str) -> bool | None:
        """Return what a yes or a no says; None where nothing does."""
        value = self.observation.values.get(name)
        return None if value is None else bool(value)

    def instant(self, name: str) -> int | None:
        """Return an instant that is written in ISO 8601 with its offset."""
        value = self.observation.values.get(name)
        return None if value is None else int(datetime.fromisoformat(str(value)).timestamp())

    def day(self, name: str, zone: str) -> int | None:
        """Return when a day begins in a time zone."""
        value = self.observation.values.get(name)
        if value is None:
            return None
        return int(datetime.fromisoformat(str(value)).replace(tzinfo=zone_named(zone)).timestamp())

    def period(self) -> Period | None:
        """Return the period it speaks of, None where that does not lie within the one that is asked for.

        What a month cost is no cost of one of its weeks.
        """
        zone = "UTC" if self.asked is None else self.asked.zone
        own = period_named(str(self.observation.values["period"]), zone)
        inside = self.asked is None or (self.asked.start <= own.start and own.end <= self.asked.end)
        return own if inside else None

    # --- What was configured ----------------------------------------------------------------------------------------

    def word(self, indicator: str, parameter: Parameter) -> str:
        """Return the parameter of an indicator that is one of several words, as configured at its instant."""
        return str(self._configured(indicator, parameter))

    def chosen(self, indicator: str, parameter: Parameter) -> int:
        """Return the parameter that is a whole number (seconds for a duration), as configured at its instant."""
        return int(str(self._configured(indicator, parameter)))

    def _configured(self, indicator: str, parameter: Parameter) -> object:
        configured = self.rulebook.parameters.at(self.observation.at).get(indicator, {})
        return configured.get(parameter.name, parameter.default)

    def left_out_of(self, indicator: str, reason: str, stamp: Stamp | None = None) -> Omission:
        """Return the remark that an indicator leaves it out, where its line would be."""
        stamp = self.stamp() if stamp is None else stamp
        return Omission(indicator, stamp.at, stamp.agent, stamp.team, reason)
