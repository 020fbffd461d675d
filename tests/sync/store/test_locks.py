import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sync.store import Holder, LockHeldError, LostLockError, Store

HERE = Holder("here", os.getpid(), 5)
ELSEWHERE = Holder("elsewhere", 1, 1)

TAKE_THE_LOCK = """
import os, sys
from pathlib import Path
from sync.store import Holder, Store
with Store.open(sys.argv[1], Path(sys.argv[2])) as store:
    store.locks.acquire("sao-mai", Holder("here", os.getpid(), 1), 1000)
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_a_second_pass_is_told_who_runs_the_first(store: Store) -> None:
    store.locks.acquire("sao-mai", ELSEWHERE, 1000)

    with pytest.raises(
        LockHeldError, match=r"of sao-mai is running: elsewhere/1 .* 1970-01-01 00:16 UTC; let it finish"
    ) as refused:
        store.locks.acquire("sao-mai", HERE, 1001)

    assert (refused.value.who, refused.value.since) == ("elsewhere/1", 1000)
    assert store.locks.acquire("cua-hang", HERE, 1001).fence == 1


def test_a_released_lock_is_free_and_its_fence_rises(store: Store) -> None:
    first = store.locks.acquire("sao-mai", ELSEWHERE, 1000)
    store.locks.release(first)
    second = store.locks.acquire("sao-mai", HERE, 1001)

    assert (first.fence, second.fence) == (1, 2)
    store.locks.release(first)
    with pytest.raises(LockHeldError):
        store.locks.acquire("sao-mai", ELSEWHERE, 1002)


def test_a_heartbeat_keeps_the_lock_and_silence_loses_it(store: Store) -> None:
    silent = store.locks.acquire("sao-mai", ELSEWHERE, 1000)
    store.locks.beat(silent, 1500)
    with pytest.raises(LockHeldError):
        store.locks.acquire("sao-mai", HERE, 3899)

    assert store.locks.acquire("sao-mai", HERE, 3900).fence == 2
    with pytest.raises(LostLockError, match="another one took over"):
        store.locks.beat(silent, 3901)


def test_a_heartbeat_from_the_far_future_proves_no_life(store: Store) -> None:
    store.locks.acquire("sao-mai", ELSEWHERE, 4_102_444_800)

    assert store.locks.acquire("sao-mai", HERE, 1000).fence == 2


def test_fault_05_a_pass_whose_lock_was_taken_over_saves_nothing(store: Store) -> None:
    late = store.locks.acquire("sao-mai", ELSEWHERE, 1000)
    with store.transaction(late):
        store.cursors.save("sao-mai", "tickets", "mine", 1, 1)
    store.locks.acquire("sao-mai", HERE, 9000)

    with pytest.raises(LostLockError), store.transaction(late):
        store.cursors.save("sao-mai", "tickets", "late", 2, 2)

    found = store.cursors.get("sao-mai", "tickets")
    assert found is not None
    assert found.cursor == "mine"


def test_the_same_process_is_refused_while_its_other_pass_runs(store: Store) -> None:
    store.locks.acquire("sao-mai", HERE, 1000)

    with pytest.raises(LockHeldError):
        store.locks.acquire("sao-mai", HERE, 1001)


def test_a_process_that_got_a_dead_ones_number_takes_its_lock_over(store: Store) -> None:
    store.locks.acquire("sao-mai", Holder("here", os.getpid(), 1), 1000)

    assert store.locks.acquire("sao-mai", HERE, 1001).fence == 2


def test_a_live_process_of_someone_else_is_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    store.locks.acquire("sao-mai", Holder("here", 1, 1), 1000)
    monkeypatch.setattr(os, "kill", refuse)

    with pytest.raises(LockHeldError):
        store.locks.acquire("sao-mai", HERE, 1001)


def test_on_windows_a_process_is_never_signalled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def signalled(_pid: int, _signal: int) -> None:
        pytest.fail("signal 0 ends a process there")

    store.locks.acquire("sao-mai", Holder("here", 1, 1), 1000)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", signalled)

    with pytest.raises(LockHeldError):
        store.locks.acquire("sao-mai", HERE, 1001)


def test_fault_05_two_processes_never_run_one_connector_and_a_killed_one_gives_way_at_once(
    store: Store, url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", TAKE_THE_LOCK, url, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(LockHeldError, match=f"here/{other.pid}"):
            store.locks.acquire("sao-mai", HERE, 1001)
        other.kill()

    assert store.locks.acquire("sao-mai", HERE, 1002).fence == 2


def test_of_many_passes_starting_at_once_exactly_one_gets_the_lock(store: Store) -> None:
    taken: list[int] = []
    refused: list[str] = []

    def start(pid: int) -> None:
        try:
            taken.append(store.locks.acquire("sao-mai", Holder(f"host-{pid}", pid, 1), 1000).fence)
        except LockHeldError as error:
            refused.append(error.who)

    threads = [threading.Thread(target=start, args=(pid,)) for pid in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken == [1]
    assert len(refused) == 4
