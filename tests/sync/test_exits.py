from itertools import permutations

import pytest

from config.problems import SettingsError
from connectors.errors import (
    AddressError,
    InDoubtError,
    RefusedError,
    SignInError,
    TransientError,
    UnexpectedPayloadError,
)
from kpi_engine.message import message
from sync.accounts import UnknownAccountError
from sync.exits import Exit, exit_for, gravest
from sync.store.errors import LockHeldError, LostLockError, StoreError

TOLD = message("trouble")
ORDER = [1, 2, 3, 8, 4, 6, 7, 5, 0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError([]), 2),
        (AddressError(TOLD), 2),
        (UnknownAccountError(TOLD), 2),
        (SignInError(TOLD), 3),
        (SignInError(TOLD, 403), 3),
        (RefusedError(TOLD, 422), 5),
        (InDoubtError(TOLD), 5),
        (TransientError(TOLD), 6),
        (UnexpectedPayloadError(TOLD), 6),
        (LockHeldError(TOLD, "host/1", 0), 7),
        (LostLockError(TOLD), 1),
        (StoreError(TOLD), 1),
        (ValueError(), 1),
    ],
)
def test_an_error_has_the_code_that_tells_what_to_do_about_it(error: Exception, code: int) -> None:
    assert exit_for(error) == code


def test_of_several_outcomes_the_gravest_counts() -> None:
    for first, second in permutations(range(len(ORDER)), 2):
        pair = [Exit(ORDER[first]), Exit(ORDER[second])]
        assert gravest(pair) == ORDER[min(first, second)]


def test_nothing_done_is_nothing_wrong() -> None:
    assert gravest([]) is Exit.OK


def test_the_codes_are_those_that_are_promised() -> None:
    assert [(each.name, int(each)) for each in Exit] == [
        ("OK", 0),
        ("UNEXPECTED", 1),
        ("SETTINGS", 2),
        ("SIGN_IN", 3),
        ("CONFLICT", 4),
        ("PARTIAL", 5),
        ("UNAVAILABLE", 6),
        ("LOCKED", 7),
        ("QUALITY", 8),
        ("INTERRUPTED", 130),
        ("TERMINATED", 143),
    ]
