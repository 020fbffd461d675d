"""Holding an account's lock for work beside the passes."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sync.account import Account
from sync.store.locks import Holder, Lock


@contextmanager
def locked(account: Account) -> Iterator[Lock]:
    """Hold the account's lock, so that no pass runs meanwhile; raises LockHeldError where one does."""
    holder = Holder(socket.gethostname(), os.getpid(), account.now())
    lock = account.store.locks.acquire(account.name, holder, account.now())
    try:
        yield lock
    finally:
        account.store.locks.release(lock)
