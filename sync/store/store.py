"""Everything remembered between passes, one attribute a noun."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from kpi_engine.message import Message
from sync.store.announcements import Announcements
from sync.store.awards import Awards
from sync.store.changes import Changes
from sync.store.charges import Charges
from sync.store.contacts import Contacts
from sync.store.cursors import Cursors
from sync.store.database import Database, database
from sync.store.editions import Editions
from sync.store.findings import Findings
from sync.store.forgetting import Forgetting
from sync.store.installed import Installed
from sync.store.integrity import findings
from sync.store.ledger import Ledger
from sync.store.locks import Lock, Locks
from sync.store.observations import Observations
from sync.store.passes import Passes
from sync.store.pseudonyms import Pseudonyms
from sync.store.published import PublishedCells
from sync.store.quarantine import Quarantine
from sync.store.readings import Readings
from sync.store.records import Records
from sync.store.remote_fields import RemoteFields
from sync.store.retention import Retention
from sync.store.schema import bring_up_to_date
from sync.store.settled import Settled
from sync.store.steps_left import StepsLeft
from sync.store.summaries import Summaries
from sync.store.switches import Switches


class Store:
    """The store: each method of its parts is a transaction of its own unless `transaction` holds them together."""

    def __init__(self, opened: Database) -> None:
        self._database = opened
        self.locks = Locks(opened)
        self.passes = Passes(opened)
        self.cursors = Cursors(opened)
        self.records = Records(opened)
        self.contacts = Contacts(opened)
        self.editions = Editions(opened)
        self.readings = Readings(opened)
        self.settled = Settled(opened)
        self.changes = Changes(opened)
        self.remote_fields = RemoteFields(opened)
        self.summaries = Summaries(opened)
        self.published = PublishedCells(opened)
        self.ledger = Ledger(opened)
        self.steps_left = StepsLeft(opened)
        self.charges = Charges(opened)
        self.awards = Awards(opened)
        self.announcements = Announcements(opened)
        self.quarantine = Quarantine(opened)
        self.findings = Findings(opened)
        self.installed = Installed(opened)
        self.observations = Observations(opened)
        self.switches = Switches(opened)
        self.retention = Retention(opened)
        self.pseudonyms = Pseudonyms(opened)
        self.forgetting = Forgetting(opened)

    @classmethod
    def open(cls, url: str, directory: Path) -> Self:
        """Open the store at `url`, creating it or bringing it up to date; a relative path is below `directory`.

        Raises StoreError, with what to do, if it cannot be used.
        """
        opened = database(url, directory)
        try:
            bring_up_to_date(opened)
        except BaseException:
            opened.close()
            raise
        return cls(opened)

    @property
    def name(self) -> str:
        """Where the store is, without a password."""
        return self._database.name

    @contextmanager
    def transaction(self, lock: Lock | None = None) -> Iterator[None]:
        """Save all of what this thread does inside, or nothing of it; with `lock`, only while that is still held.

        Raises LostLockError and StoreError. An error raised by the store inside undoes everything, even if caught.
        """
        with self._database.writing():
            if lock is not None:
                self.locks.verify(lock)
            yield

    def check(self, now: int | None = None) -> list[Message]:
        """Return what is wrong with the store: nothing if it is sound."""
        return list(findings(self._database, int(time.time()) if now is None else now))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
