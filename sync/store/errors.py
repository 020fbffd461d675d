"""What can go wrong with the store."""

from kpi_engine.message import Message


class StoreError(Exception):
    """The store cannot be used, or a transaction failed and left nothing behind; `message` is translatable."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class LockHeldError(StoreError):
    """Another pass of the same connector is alive: `who` runs it, `since` when (epoch seconds)."""

    def __init__(self, message: Message, who: str, since: int) -> None:
        super().__init__(message)
        self.who = who
        self.since = since


class LostLockError(StoreError):
    """Another pass took the lock over while this one was away: it must write nothing more."""
