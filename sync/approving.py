"""Whether somebody may decide what he decides about a ticket: by the organization of that day, never about his own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from config import Settings
from kpi_engine.approving import Concerned, concerned
from kpi_engine.history import History
from kpi_engine.message import Message, message
from kpi_engine.records import Observation
from kpi_engine.rulebook import Rulebook
from sync.account import history_start
from sync.editions import rulebook_of
from sync.people import Ambiguous, People, Person
from sync.store import Store
from sync.store.observations import ALL_OF_IT, DISPUTED, INPUTS


@dataclass(frozen=True, slots=True)
class Approving:
    """Who may decide about the tickets of the configured accounts, as known at an instant."""

    store: Store
    settings: Settings
    everybody: People
    as_of: int
    _rules: dict[str, Rulebook] = field(default_factory=dict)

    def objections(self, decisions: Sequence[Observation]) -> dict[str, Message]:
        """Return, by source, why a decision cannot be taken: nobody knows the ticket, or who decided it may not.

        One that stands already just as it is was taken once, and is no longer asked about.
        """
        fresh = self.store.observations.fresh(INPUTS, decisions)
        found = {}
        for account in sorted({str(each.account) for each in fresh}):
            mine = [each for each in fresh if each.account == account]
            histories = self._histories(account, {str(each.ticket_id) for each in mine})
            for each in mine:
                told = self._objection(account, each, histories.get(str(each.ticket_id)))
                if told is not None:
                    found[each.source] = told
        return found

    def _histories(self, account: str, tickets: Iterable[str]) -> dict[str, History]:
        own = next(each for each in self.settings.connectors if each.name == account)
        begins = history_start(own, self.settings)
        return {each.ticket_id: each for each in self.store.records.histories(account, sorted(tickets), begins)}

    def _objection(self, account: str, told: Observation, history: History | None) -> Message | None:
        if history is None:
            return message("{account} has no ticket {ticket}", account=account, ticket=told.ticket_id)
        what, by = str(told.values["clock"]), str(told.values["approved_by"])
        about = None if what in ALL_OF_IT else what
        found = concerned(history, about, told.at, self._rulebook(account), self.as_of)
        if what == DISPUTED and self._owns(account, by, found):
            return None
        return self._refusal(account, by, found)

    def _owns(self, account: str, by: str, found: Concerned) -> bool:
        who = self.everybody.matched(by, account)
        return isinstance(who, Person) and who.accounts.get(account) in found.own

    def _rulebook(self, account: str) -> Rulebook:
        if account not in self._rules:
            self._rules[account] = rulebook_of(self.store, account)
        return self._rules[account]

    def _refusal(self, account: str, by: str, found: Concerned) -> Message | None:
        who = self.everybody.matched(by, account)
        if isinstance(who, Ambiguous):
            names = ", ".join(each.name for each in who.candidates)
            return message("{name} may be any of {candidates}", name=by, candidates=names)
        if self._owns(account, by, found):
            return message("{name} cannot decide about what is his own", name=by)
        keys = {self._key(by, account)}
        if keys & {self._key(word, account) for word in self._approvers(account)}:
            return None
        if keys & {self._key(key, None) for key in found.above}:
            return None
        if who is None:
            return message(
                "nobody is known as {name}: say an e-mail address or an id of a lead above the ticket's agent on that "
                "day (`teams`, org.csv), or one of the `approvers` in `exemptions.{account}`",
                name=by,
                account=account,
            )
        return message(
            "{name} is neither above the ticket's agent on that day (`teams`, org.csv) nor one of the `approvers` in "
            "`exemptions.{account}`",
            name=by,
            account=account,
        )

    def _approvers(self, account: str) -> tuple[str, ...]:
        given = self.settings.exemptions.get(account)
        return () if given is None else given.approvers

    def _key(self, word: str, account: str | None) -> str:
        """Return the key of whom a word means; a manager may have no account, and goes by his word."""
        who = self.everybody.matched(word, account)
        return who.key if isinstance(who, Person) else word.casefold()
