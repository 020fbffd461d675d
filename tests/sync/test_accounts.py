import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import Settings, SettingsError, load
from connectors.errors import SignInError
from sync.accounts import UnknownAccountError, opened
from sync.clock import WallClock
from sync.store import StoreError

SECRETS = {"FIRST": "one-secret", "SECOND": "another-secret"}
Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Return a function that gives the settings of two accounts."""

    def made(environ: dict[str, str], **top: Any) -> Settings:  # noqa: ANN401 -- any key of the configuration
        own = {"kind": "zendesk", "history_from": "2026-01-01"}
        connectors = [
            {
                **own,
                "name": name,
                "base_url": f"https://{name}.zendesk.com",
                "auth": {"method": "bearer", "token": f"${{env:{variable}}}"},
            }
            for name, variable in (("sao-mai", "FIRST"), ("sao-hom", "SECOND"))
        ]
        document = {"version": 1, "organization": "Sao Mai", "timezone": "UTC", "connectors": connectors, **top}
        path = tmp_path / "helpdesk-kpi.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return load(path, environ)

    return made


@pytest.mark.parametrize(
    ("names", "found"),
    [([], ["sao-mai", "sao-hom"]), (["sao-hom"], ["sao-hom"]), (["sao-hom", "sao-mai"], ["sao-hom", "sao-mai"])],
)
def test_the_accounts_named_or_all_are_opened_on_one_store(
    configured: Configured, tmp_path: Path, names: list[str], found: list[str]
) -> None:
    settings = configured(SECRETS)
    with opened(settings, names, WallClock()) as accounts:
        assert [account.name for account in accounts] == found
        assert len({id(account.store) for account in accounts}) == 1
        assert accounts[0].store.name == str(tmp_path / "helpdesk-kpi.db")
        assert accounts[0].settings is settings


def test_an_unknown_name_is_told_before_anything_is_opened(configured: Configured, tmp_path: Path) -> None:
    with (
        pytest.raises(UnknownAccountError, match="no connector is called nemo; there are: sao-mai, sao-hom"),
        opened(configured(SECRETS), ["sao-mai", "nemo"], WallClock()),
    ):
        pass
    assert not (tmp_path / "helpdesk-kpi.db").exists()


def test_only_the_secrets_of_those_named_must_be_there(configured: Configured, tmp_path: Path) -> None:
    settings = configured({"FIRST": "one-secret"})
    with opened(settings, ["sao-mai"], WallClock()) as accounts:
        assert len(accounts) == 1
    (tmp_path / "helpdesk-kpi.db").unlink()
    with pytest.raises(SettingsError, match="SECOND"), opened(settings, [], WallClock()):
        pass
    assert not (tmp_path / "helpdesk-kpi.db").exists()


def test_whoever_asks_the_helpdesk_nothing_needs_no_secret(configured: Configured) -> None:
    with opened(configured({}), [], WallClock(), signed_in=False) as (account, _):
        assert account.connector.ticket_url("7") == "https://sao-mai.zendesk.com/agent/tickets/7"
        with pytest.raises(SignInError, match="the environment variable FIRST is not set"):
            list(account.connector.checks())


def test_a_store_that_cannot_be_opened_is_told(configured: Configured) -> None:
    settings = configured(SECRETS, store="sqlite:///nowhere/kpi.db")
    with pytest.raises(StoreError, match="nowhere"), opened(settings, [], WallClock()):
        pass


def test_whatever_happens_inside_everything_is_closed_afterwards(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr("connectors.zendesk.Zendesk.close", lambda connector: closed.append(connector.name))
    monkeypatch.setattr("sync.store.Store.close", lambda _: closed.append("store"))
    with pytest.raises(ZeroDivisionError), opened(configured(SECRETS), [], WallClock()):
        raise ZeroDivisionError
    assert closed == ["sao-mai", "sao-hom", "store"]


def test_a_connector_that_cannot_be_made_leaves_no_store_open(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr("sync.store.Store.close", lambda _: closed.append("store"))
    monkeypatch.setattr("sync.accounts.CONNECTORS", {"zendesk": lambda *_: 1 / 0})
    with pytest.raises(ZeroDivisionError), opened(configured(SECRETS), [], WallClock()):
        pass
    assert closed == ["store"]
