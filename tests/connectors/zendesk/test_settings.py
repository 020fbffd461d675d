from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.account import TICKET_FIELDS
from connectors.address import checked_base_url
from connectors.cron import checked_cron
from connectors.errors import SignInError
from connectors.secret import SecretError, SecretReference
from connectors.settings import UnfitError
from connectors.zendesk.settings import ApiToken, Bearer, ClientCredentials, ZendeskSettings

CANARY = "kanarienvogel-9f3a"


def account(**changes: object) -> dict[str, Any]:
    return {
        "name": "sao-mai",
        "kind": "zendesk",
        "base_url": "https://saomai.zendesk.com",
        "auth": {"method": "bearer", "token": "${env:TOKEN}"},
    } | changes


def built(context: dict[str, Any] | None = None, **changes: object) -> ZendeskSettings:
    return ZendeskSettings.model_validate(account(**changes), context=context)


def refusal(**changes: object) -> str:
    with pytest.raises(ValidationError) as caught:
        built(**changes)
    why = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(why, UnfitError)
    return f"{why.message}; {why.allowed}"


def test_an_account_needs_little_and_defaults_the_rest() -> None:
    settings = built()
    assert settings.history_from == date(2000, 1, 1)
    assert (settings.schedule.every, settings.schedule.cron) == (900, None)
    assert settings.rate_limit_share == 0.5
    assert settings.push.ticket_fields == TICKET_FIELDS
    assert (settings.push.agent_fields, settings.push.summaries) == ((), ())
    assert (settings.trusted_host, settings.ca_bundle) == (False, None)


def test_a_summary_has_our_tag_and_six_hours_of_grace_by_default() -> None:
    (summary,) = built(
        push={"summaries": [{"scope": "team", "period": "month", "assignee": "lead@saomai.vn"}]}
    ).push.summaries
    assert (summary.tags, summary.grace, summary.group) == (("helpdesk-kpi",), 6 * 3600, None)


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ({"method": "oauth_client_credentials", "client_id": "kpi", "client_secret": "${env:S}"}, ClientCredentials),
        ({"method": "api_token", "email": "bot@saomai.vn", "token": "${file:token.txt}"}, ApiToken),
        ({"method": "bearer", "token": "${env:S}"}, Bearer),
    ],
)
def test_the_method_tells_what_signing_in_needs(auth: dict[str, str], kind: type) -> None:
    assert isinstance(built(auth=auth).auth, kind)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        built().name = "other"  # type: ignore[misc] -- that is the point


@pytest.mark.parametrize("name", ["Sao Mai", "sao_mái", "-x", "", "a" * 41, "a/b", "a\n"])
def test_a_name_that_could_not_be_part_of_a_key_is_refused(name: str) -> None:
    assert "cannot serve as a name" in refusal(name=name)


@pytest.mark.parametrize("day", ["2026-02-31", "01/02/2026", "20260101", "2026-01-01T00:00:00", "soon", 20260101])
def test_history_begins_at_a_date(day: object) -> None:
    assert "this is no date" in refusal(history_from=day)


@pytest.mark.parametrize("tag", ["two words", "a,b", ""])
def test_a_tag_without_spaces_is_needed(tag: str) -> None:
    assert "this is no tag" in refusal(exclude={"tags": [tag]})


def test_forms_are_named_by_number_or_text() -> None:
    assert built(exclude={"forms": [361, "362"]}).exclude.forms == ("361", "362")


def test_a_form_listed_twice_is_refused() -> None:
    assert "listed twice" in refusal(exclude={"forms": [361, "361"]})


def test_an_id_of_invisible_characters_is_refused() -> None:
    assert "not one line of text" in refusal(exclude={"forms": ["36\u202e1"]})


def test_an_agents_summary_takes_no_assignee() -> None:
    summaries = [{"scope": "agent", "period": "week", "assignee": "lead@saomai.vn"}]
    assert "assigned to the agent" in refusal(push={"summaries": summaries})


def test_an_indicators_key_is_a_word() -> None:
    assert "no indicator's key" in refusal(push={"agent_fields": ["CSAT %"]})


def test_passes_follow_every_so_often_or_by_cron_and_not_both() -> None:
    assert built(schedule={"cron": "*/15 8-18 * * mon-sat"}).schedule.every is None
    assert built(schedule={"every": "1h 30m"}).schedule.every == 5400
    for schedule in ({}, {"every": "15m", "cron": "* * * * *"}):
        assert "either every or cron" in refusal(schedule=schedule)


@pytest.mark.parametrize("every", ["10s", "0m"])
def test_passes_do_not_chase_one_another(every: str) -> None:
    assert "1m or more" in refusal(schedule={"every": every})


def test_a_length_of_time_needs_a_unit() -> None:
    assert "no length of time" in refusal(schedule={"every": "15"})


@pytest.mark.parametrize(
    "line",
    ["* * * * *", "*/15 8-18 * * mon-sat", "0 6,12,18 1-15/2 jan-mar,12 *", "59 23 31 DEC Sun", "0 0 1 * mon,wed"],
)
def test_a_cron_line_is_accepted(line: str) -> None:
    assert checked_cron(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 1-5",
        "* * * * sun-mon",
        "* * * * mon-sat/2",
        "*/0 * * * *",
        "*/00 * * * *",
        "8-5 * * * *",
        "a b c d e",
        "mon * * * *",
        "5-x * * * *",
        "1,,2 * * * *",
        "@daily",
    ],
)
def test_a_line_that_schedulers_could_read_differently_is_refused(line: str) -> None:
    with pytest.raises(UnfitError, match="no cron line"):
        checked_cron(line)


@pytest.mark.parametrize(
    ("address", "trusted", "cleaned"),
    [
        ("https://saomai.zendesk.com", False, "https://saomai.zendesk.com"),
        ("https://SaoMai.zendesk.com/", False, "https://saomai.zendesk.com"),
        ("https://saomai.zendesk.com:443", False, "https://saomai.zendesk.com"),
        ("https://help.saomai.vn", True, "https://help.saomai.vn"),
        ("https://help.saomai.vn:8443/zendesk/", True, "https://help.saomai.vn:8443/zendesk"),
        ("http://127.0.0.1:8000", True, "http://127.0.0.1:8000"),
        ("http://localhost:8000", True, "http://localhost:8000"),
        ("http://[::1]:8000", True, "http://[::1]:8000"),
    ],
)
def test_an_address_that_credentials_may_be_sent_to_is_accepted(address: str, *, trusted: bool, cleaned: str) -> None:
    assert built(base_url=address, trusted_host=trusted).base_url == cleaned


BAD_ADDRESSES = [
    "",
    "saomai",
    "saomai.zendesk.com",
    "file:///etc/passwd",
    "ftp://saomai.zendesk.com",
    "http://saomai.zendesk.com",
    "https://",
    "https://zendesk.com.evil.example",
    "https://evilzendesk.com",
    "https://zendesk.com",
    "https://saomai.zendesk.com.",
    f"https://u:{CANARY}@saomai.zendesk.com",
    f"https://saomai.zendesk.com?token={CANARY}",
    f"https://saomai.zendesk.com/#{CANARY}",
    f"https://saomai.zendesk.com/{CANARY}",
    "https://saomai.zendesk.com/agent",
    "https://saomai.zendesk.com:8443",
    "https://saomai.zendesk.com:99999",
    "https://saomai.zendesk.com\\@evil.example",
    "https://saomai.zendesk.com\n.evil.example",
    "https://\u0455aomai.zendesk.com",
    "https://xn--aomai-zkf.zendesk.com",
    "https://localhost",
    "https://127.0.0.1",
    "https://169.254.169.254",
    "https://[::1",
    "https://..zendesk.com",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_fault_39_an_address_elsewhere_is_refused(address: str) -> None:
    assert CANARY not in refusal(base_url=address)


@pytest.mark.parametrize(
    "address",
    [
        "http://help.saomai.vn",
        "https://169.254.169.254",
        "https://[fd00::1]",
        "http://10.0.0.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://help.1",
        "https://h\u0435lp.saomai.vn",
        "https://a b.vn",
        "https://-a.vn",
        "https://u@help.saomai.vn",
    ],
)
def test_fault_39_trust_does_not_reach_to_ip_addresses_plain_http_or_lookalikes(address: str) -> None:
    with pytest.raises(UnfitError):
        checked_base_url(address, "zendesk.com", trusted_host=True)


def test_a_broken_trusted_host_counts_as_no_trust() -> None:
    with pytest.raises(ValidationError) as caught:
        built(base_url="http://localhost", trusted_host="perhaps")
    assert {error["loc"] for error in caught.value.errors()} == {("trusted_host",), ("base_url",)}


@pytest.mark.parametrize(
    "literal", [CANARY, f"${{env:{CANARY}", "${env:1A}", "$TOKEN", "${keyring:x}", "${env:A}x", ""]
)
def test_fault_38_a_secret_is_never_written_and_never_repeated(literal: str) -> None:
    with pytest.raises(ValidationError) as caught:
        built(auth={"method": "bearer", "token": literal})
    assert CANARY not in str(caught.value)
    why = caught.value.errors()[0]["ctx"]["error"]
    assert "never written here" in str(why.message)
    assert '"${env:NAME}"' in str(why.allowed)


def test_a_secret_is_looked_up_late_and_shows_only_its_place() -> None:
    environ = {"TOKEN": ""}
    settings = built({"environ": environ, "folder": "."})
    secret = settings.auth.token  # type: ignore[union-attr] -- bearer
    environ["TOKEN"] = f" {CANARY}\n"
    assert secret.reveal() == CANARY
    assert CANARY not in repr(settings) + str(secret) + settings.model_dump_json()
    assert '"token":"${env:TOKEN}"' in settings.model_dump_json()


@pytest.mark.parametrize("environ", [{}, {"TOKEN": " "}])
def test_a_missing_variable_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(SecretError, match="variable TOKEN is not set"):
        SecretReference("env", "TOKEN", environ).reveal()
    assert issubclass(SecretError, SignInError)


def test_a_secret_is_read_from_its_own_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(f"{CANARY}\n")
    settings = built({"folder": tmp_path}, auth={"method": "bearer", "token": "${file:token.txt}"})
    assert settings.auth.token.reveal() == CANARY  # type: ignore[union-attr] -- bearer
    assert SecretReference("file", str(tmp_path / "token.txt")).reveal() == CANARY


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"x" * 70_000, "cannot be read"),
        (b" \n", "is empty"),
    ],
)
def test_a_secrets_file_that_cannot_serve_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "token.txt").write_bytes(content)
    with pytest.raises(SecretError, match=rf"token\.txt {reason}"):
        SecretReference("file", "token.txt", {}, tmp_path).reveal()


def test_a_reference_is_accepted_as_it_is() -> None:
    reference = SecretReference("env", "TOKEN")
    assert built(auth={"method": "bearer", "token": reference}).auth.token is reference  # type: ignore[union-attr]


def test_certificates_are_taken_from_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "company.pem").write_text("-")
    settings = built({"folder": tmp_path}, ca_bundle="company.pem")
    assert settings.ca_bundle == str((tmp_path / "company.pem").resolve())


def test_certificates_that_are_not_there_are_refused() -> None:
    assert "no such file" in refusal(ca_bundle="missing.pem")


def test_dates_and_seconds_may_come_from_code() -> None:
    settings = built(history_from=date(2026, 1, 1), schedule={"every": 120})
    assert (settings.history_from, settings.schedule.every) == (date(2026, 1, 1), 120)
