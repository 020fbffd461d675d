from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from config import Answers, not_yet_in_force, resolve, starter_config

if TYPE_CHECKING:
    from conftest import Desk

ANSWERS = Answers(
    organization="Công ty: “Sao Mai” #1",
    timezone="Asia/Ho_Chi_Minh",
    language="vi",
    kind="zendesk",
    name="sao-mai",
    base_url="https://saomai.zendesk.com",
    auth_method="oauth_client_credentials",
    variable="ZENDESK_CLIENT_SECRET",
    history_from="2026-01-01",
    client_id="helpdesk-kpi",
)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("method", "secret"), [("oauth_client_credentials", "client_secret"), ("api_token", "token"), ("bearer", "token")]
)
def test_the_first_configuration_loads_as_it_is(desk: Desk, language: str, method: str, secret: str) -> None:
    answers = replace(ANSWERS, language=language, auth_method=method, email="bot@saomai.vn")
    settings = desk.load(starter_config(answers), {"ZENDESK_CLIENT_SECRET": "s3cret"})
    resolve(settings)
    (connector,) = settings.connectors
    assert (settings.organization, settings.timezone, settings.language) == (
        ANSWERS.organization,
        ANSWERS.timezone,
        language,
    )
    assert (connector.name, connector.base_url, connector.history_from) == (
        ANSWERS.name,
        ANSWERS.base_url,
        date(2026, 1, 1),
    )
    assert getattr(connector.auth, secret).reveal() == "s3cret"
    assert not_yet_in_force(settings) == []


def test_the_comments_are_in_the_language_of_the_answers() -> None:
    assert "Không ghi bí mật vào đây" in starter_config(ANSWERS)
    assert "Secrets never stand here" in starter_config(replace(ANSWERS, language="en"))


@pytest.mark.parametrize(
    ("kind", "method", "secret", "own"),
    [
        ("freshdesk", "api_key", "api_key", "plan: pro"),
        ("salesforce", "oauth_client_credentials", "client_secret", "csat: {field: CSAT__c"),
        ("salesforce", "oauth_jwt_bearer", "private_key", "csat: {field: CSAT__c"),
    ],
)
def test_the_other_helpdesks_first_configurations_load_with_what_is_their_own(
    desk: Desk, kind: str, method: str, secret: str, own: str
) -> None:
    address = "https://saomai.my.salesforce.com" if kind == "salesforce" else "https://saomai.freshdesk.com"
    answers = replace(ANSWERS, kind=kind, auth_method=method, base_url=address, username="kpi@saomai.vn")
    for written in (starter_config(answers), starter_config(replace(answers, language="en"))):
        assert own in written
        assert "talk:" not in written
        settings = desk.load(written.replace(f"# {own}", own), {"ZENDESK_CLIENT_SECRET": "s3cret"})
        resolve(settings)
        assert getattr(settings.connectors[0].auth, secret).reveal() == "s3cret"


def test_every_commented_line_that_is_a_setting_loads_too(desk: Desk) -> None:
    for language in ("vi", "en"):
        lines = starter_config(replace(ANSWERS, language=language)).splitlines()
        uncommented = "\n".join(line.removeprefix("# ") for line in lines[3:])
        settings = desk.load(uncommented)
        assert settings.agents[0].team == "tier-1"
        assert settings.calendars.default == "office"


def test_a_loopback_helpdesk_is_trusted_on_request(desk: Desk) -> None:
    answers = replace(ANSWERS, base_url="http://127.0.0.1:8000", trusted_host=True)
    assert desk.load(starter_config(answers)).connectors[0].trusted_host is True


@pytest.mark.parametrize(
    "organization", ["null", "True", "a\x85b\u2028c", "x\nversion: 2", "'\"\\", "@name@", "\U000e0001"]
)
def test_an_answer_can_only_be_a_value(desk: Desk, organization: str) -> None:
    answers = replace(ANSWERS, organization=organization, language="en")
    if organization.isprintable():
        assert desk.load(starter_config(answers)).organization == organization
    else:
        (found,) = desk.wrong(starter_config(answers))
        assert found.startswith("helpdesk-kpi.yaml:5: organization: this is not one line of text")


def test_a_bad_answer_is_told_when_the_configuration_is_loaded(desk: Desk) -> None:
    answers = replace(ANSWERS, kind="acme", name="sao\nmai", language="fr")
    assert [line.split("; ")[0].split(": ", 1)[1] for line in desk.wrong(starter_config(answers))] == [
        "connectors[0].kind: this version serves no such helpdesk"
    ]
