"""What earlier passes queued and nobody sent yet: a pass that writes sends it too, so a dry run shows it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from connectors.base import Target
from sync.account import Account
from sync.store.changes import Queued


@dataclass(slots=True)
class Waiting:
    """What waits in the outbox, most urgent first, and how many of those objects this pass plans to write anyway.

    `unsettled` counts what was sent and whose outcome is not known: a pass that writes looks it up first.
    """

    queued: dict[tuple[Target, str], Queued] = field(default_factory=dict)
    total: int = 0
    planned_anew: int = 0
    unsettled: int = 0

    @classmethod
    def of(cls, account: Account) -> "Waiting":
        """Return what waits for an account's helpdesk."""
        changes = account.store.changes
        queued = {_object(each): each for each in changes.queued(account.name)}
        return cls(queued, len(queued), unsettled=len(changes.unresolved(account.name)))

    @property
    def beside(self) -> int:
        """How many writes come on top of those that this pass plans: one object is written once."""
        return self.total - self.planned_anew

    def plan(self, target: Target, target_id: str, keys: Collection[str]) -> None:
        """Note that this pass plans an object anew: of what is queued for it only the other fields stay."""
        found = self.queued.get((target, target_id))
        if found is None:
            return
        self.planned_anew += 1
        if left := {key: value for key, value in found.values.items() if key not in keys}:
            self.queued[target, target_id] = replace(found, values=left)
        else:
            del self.queued[target, target_id]


def _object(each: Queued) -> tuple[Target, str]:
    """Return what a change writes: of what escalations do, each is a write of its own."""
    return each.target, each.key if each.target is Target.ESCALATION else each.target_id
