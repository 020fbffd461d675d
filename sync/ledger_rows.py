"""The ledger for machines: a document for JSON, and rows for spreadsheets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kpi_engine.awards import AwardEntry, AwardKind
from kpi_engine.charges import ChargeEntry, ChargeKind
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.reduce import Scope
from sync.effects import effect_key
from sync.exporting import Columns, Row, Rows, Type
from sync.ledger import Total
from sync.ledger_text import Teller
from sync.overriding import Decision
from sync.store.settled import Correction

COLUMNS: Columns = {
    **dict.fromkeys(("account", "period", "state", "line", "kind"), Type.TEXT),
    "at": Type.MOMENT,
    **dict.fromkeys(("ticket_id", "url", "clock", "step"), Type.TEXT),
    "level": Type.INTEGER,
    **dict.fromkeys(("scope", "subject", "name", "penalty", "finding"), Type.TEXT),
    "points": Type.INTEGER,
    **dict.fromkeys(("money", "currency"), Type.TEXT),
    **dict.fromkeys(("late_seconds", "goal_seconds"), Type.INTEGER),
    "shares": Type.TEXT,
    **dict.fromkeys(("judged", "free", "good"), Type.INTEGER),
    **dict.fromkeys(("policy", "edition"), Type.TEXT),
    "recorded_as_of": Type.MOMENT,
    "correction": Type.INTEGER,
    **dict.fromkeys(("approved_by", "reason", "source"), Type.TEXT),
}
"""What every row of the ledger has; a line fills what it knows."""


@dataclass(frozen=True, slots=True)
class LedgerRows:
    """A period's ledger as JSON and as rows; names and shares are those that its teller words."""

    teller: Teller

    # -- JSON -------------------------------------------------------------------------------------------------------

    def document(self) -> dict[str, object]:
        """Return the ledger as JSON: instants in seconds since 1970 UTC, money as decimal texts."""
        told = self.teller.told
        return {
            "account": told.account.name,
            "period": told.period.label,
            "start": told.period.start,
            "end": told.period.end,
            "settled": told.settled,
            "settles_at": told.settles_at,
            "waiting": None if told.wait is None else told.wait.document(),
            "hidden": told.hidden,
            "totals": [self._total_document(each) for each in told.totals],
            "lines": [dict(row) for row in self.rows().rows],
            "escalations": [each.document() for each in told.followed.values()],
            "rewards": [self._award_document(each) for each in told.rewards],
        }

    def _award_document(self, each: AwardEntry) -> dict[str, object]:
        return {
            "reward": each.reward,
            "subject": each.agent,
            "name": self.teller.name(each.agent, Scope.AGENT),
            "good": each.good,
            "ratings": each.ratings,
            "low": each.low,
            "points": each.points,
            "standing": each.standing.value,
            "place": each.place or None,
            "money": each.money,
            "currency": each.currency,
        }

    def _total_document(self, each: Total) -> dict[str, object]:
        return {
            "penalty": each.penalty,
            "scope": each.scope.value,
            "subject": each.subject,
            "name": self.teller.name(each.subject, each.scope),
            "late": each.counted,
            "free": each.allowed,
            "judged": each.volume,
            "points": each.points,
            "money": None if each.money is None else str(each.money),
            "currency": each.currency,
        }

    # -- rows -------------------------------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """Return every line of the ledger as a row, in order of time."""
        told = self.teller.told
        made = [
            *(self._firing_row(each) for each in told.firings),
            *(self._charge_row(each) for each in (*told.charges, *told.taken_back)),
            *(self._award_row(each) for each in (*told.rewards, *told.rewards_taken_back)),
            *(self._override_row(each) for each in told.overrides),
            *(self._correction_row(each) for each in told.corrections),
        ]
        return Rows(COLUMNS, iter(sorted(made, key=lambda row: (str(row["at"]), str(row["line"])))))

    def _base(self, line: str, kind: str, at: int, ticket_id: str | None) -> Row:
        connector = self.teller.told.account.connector
        return {
            **dict.fromkeys(COLUMNS),
            "account": self.teller.told.account.name,
            "period": self.teller.told.period.label,
            "state": "settled" if self.teller.told.settled else "preview",
            "line": line,
            "kind": kind,
            "at": self._moment(at),
            "ticket_id": ticket_id,
            "url": connector.ticket_url(ticket_id) if ticket_id is not None else None,
        }

    def _moment(self, at: int) -> str:
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.teller.told.period.zone)).isoformat()

    def _firing_row(self, each: Entry) -> Row:
        left = self.teller.told.left.get(effect_key(each)) if each.kind is EntryKind.FIRED else None
        return self._base("firing", each.kind.value, each.at, each.ticket_id) | {
            "clock": each.clock,
            "step": each.step,
            "level": each.level,
            "scope": Scope.AGENT.value if each.agent else Scope.TEAM.value,
            "subject": each.agent or each.team,
            "name": self._whose(each),
            "reason": None if left is None else self.teller.language(left),
            "recorded_as_of": self._moment(each.recorded_as_of),
            "edition": each.edition,
        }

    def _whose(self, each: Entry) -> str:
        if each.agent:
            return self.teller.name(each.agent, Scope.AGENT)
        return self.teller.name(each.team, Scope.TEAM)

    def _charge_row(self, each: ChargeEntry) -> Row:
        kind = each.kind.value if each.kind is ChargeKind.WITHDRAWN or self.teller.told.settled else "preview"
        return self._base("charge", kind, each.at, each.ticket_id) | {
            "clock": each.clock,
            "scope": each.scope.value,
            "subject": each.subject,
            "name": self.teller.name(each.subject, each.scope),
            "penalty": each.penalty or None,
            "finding": each.finding,
            "points": each.points,
            "money": each.money,
            "currency": each.currency,
            "late_seconds": each.late,
            "goal_seconds": each.goal,
            "shares": self.teller.shares(each),
            "judged": each.volume,
            "free": each.allowed,
            "policy": each.policy,
            "edition": each.edition,
            "recorded_as_of": self._moment(each.recorded_as_of),
            "correction": each.correction or None,
        }

    def _award_row(self, each: AwardEntry) -> Row:
        """Return where somebody stands: `judged` are the ratings, `penalty` is the reward, `finding` the standing."""
        kind = each.kind.value if each.kind is AwardKind.WITHDRAWN or self.teller.told.settled else "preview"
        return self._base("reward", kind, each.period_end - 1, None) | {
            "scope": Scope.AGENT.value,
            "subject": each.agent,
            "name": self.teller.name(each.agent, Scope.AGENT),
            "penalty": each.reward,
            "finding": each.standing.value,
            "points": each.points,
            "money": each.money,
            "currency": each.currency,
            "judged": each.ratings,
            "good": each.good,
            "recorded_as_of": self._moment(each.recorded_as_of),
            "correction": each.correction or None,
        }

    def _override_row(self, each: Decision) -> Row:
        return self._base("override", "ended" if each.ended else "noted", each.approved_at, each.ticket_id) | {
            "clock": each.what,
            "approved_by": each.approved_by,
            "reason": each.reason,
            "source": each.source,
        }

    def _correction_row(self, each: Correction) -> Row:
        return self._base("correction", "made", each.made_at, None) | {
            "correction": each.number,
            "reason": each.period,
        }


def joined_rows(tellers: Iterable[Teller]) -> Rows:
    """Return the rows of several accounts, one after another."""
    return Rows(COLUMNS, (row for teller in tellers for row in LedgerRows(teller).rows().rows))
