"""How tickets and people of several helpdesks are called where one account's summaries are written."""

from collections.abc import Callable
from dataclasses import dataclass

from kpi_engine.measurement import CreditLine, Holding
from kpi_engine.reduce import Scope, subject_of
from sync.people import People


@dataclass(frozen=True, slots=True)
class Whose:
    """What an account's summaries in a scope call what is told of it and of others.

    `everybody` gives the people of all accounts, read only where summaries are `joined` over several.
    """

    account: str
    scope: Scope
    joined: bool
    everybody: Callable[[], People]

    def ticket(self, account: str, ticket_id: str) -> str:
        """Return how a ticket is called: by its id, with its account before it where that is another one."""
        return ticket_id if account == self.account else f"{account}/{ticket_id}"

    def line(self, line: CreditLine) -> str | None:
        """Return whose summary a line of any account concerns."""
        return self._here(line.account, subject_of(line, self.scope))

    def holding(self, account: str, holding: Holding) -> str | None:
        """Return whose summary a ticket of an account is about that somebody holds."""
        return self._here(account, holding.team if self.scope is Scope.TEAM else holding.agent)

    def _here(self, account: str, subject: str | None) -> str | None:
        if subject is None or not self.joined:
            return subject
        return self.everybody().person_of(account, subject).accounts.get(self.account)
