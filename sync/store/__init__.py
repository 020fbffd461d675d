"""The store: everything remembered between passes."""

from sync.store.changes import ChangeState, Desired, LastDelivered, Queued
from sync.store.cursors import StoredCursor
from sync.store.errors import LockHeldError, LostLockError, StoreError
from sync.store.locks import Holder, Lock
from sync.store.passes import Pass
from sync.store.published import PublishedCell
from sync.store.quarantine import Quarantined
from sync.store.readings import Reading
from sync.store.store import Store
from sync.store.summaries import Summary

__all__ = [
    "ChangeState",
    "Desired",
    "Holder",
    "LastDelivered",
    "Lock",
    "LockHeldError",
    "LostLockError",
    "Pass",
    "PublishedCell",
    "Quarantined",
    "Queued",
    "Reading",
    "Store",
    "StoreError",
    "StoredCursor",
    "Summary",
]
