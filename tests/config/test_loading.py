from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import (
    Problem,
    SettingsError,
    load,
    mapped_fields,
    meaning_documents,
    not_yet_in_force,
    resolve,
    store_url,
)
from config.indicators import duration_text
from config.reading import LARGEST_FILE
from config.settings import Settings
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message

if TYPE_CHECKING:
    from conftest import Desk

CANARY = "kanarienvogel-9f3a"


def test_a_short_configuration_is_enough(desk: Desk) -> None:
    settings = desk.settings()
    assert (settings.language, settings.store, settings.policies) == (
        "en",
        "sqlite:///helpdesk-kpi.db",
        "starter/by-priority",
    )
    assert settings.appeal == 7 * 86_400
    assert settings.indicators == {}
    assert settings.privacy.visible_to_all_agents is False
    assert not_yet_in_force(settings) == []


def test_a_configuration_without_file_says_how_to_get_one(desk: Desk) -> None:
    assert desk.told(lambda: load(desk.path)) == [
        "helpdesk-kpi.yaml: there is no such file; `helpdesk-kpi init` writes one"
    ]


def test_a_folder_is_no_configuration(desk: Desk) -> None:
    desk.path.mkdir()
    assert desk.told(lambda: load(desk.path)) == ["helpdesk-kpi.yaml: the file cannot be read (IsADirectoryError)"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: 1\nb: \xff\n", ":2: the file is not UTF-8; save it as UTF-8"),
        (b"\xef\xbb\xbfversion: 1\n", ":1: the file begins with a byte order mark; save it as UTF-8 without BOM"),
        ("version: 1\n".encode("utf-16"), ":1: the file begins with a byte order mark; save it as UTF-8 without BOM"),
        (b"a" * (LARGEST_FILE + 1), f": the file is larger than {LARGEST_FILE} bytes"),
        (b"", ":1: the file is empty; a mapping of keys and values"),
        (b"- version: 1\n", ":1: the file holds no mapping at its top; a mapping of keys and values"),
    ],
)
def test_fault_44_a_file_that_is_no_text_gives_one_clear_problem(desk: Desk, content: bytes, problem: str) -> None:
    assert desk.wrong(content) == ["helpdesk-kpi.yaml" + problem]


def test_every_problem_is_reported_at_once_with_its_line(desk: Desk) -> None:
    text = f"""\
version: 2
organisation: Sao Mai
timezone: Asia/Hanoi
language: english
store: postgresql+psycopg://kpi:{CANARY}@localhost/kpi
connectors:
  - name: Sao Mai
    kind: zendesk
    base_url: https://me:{CANARY}@saomai.zendesk.com
    auth: {{method: api_token, email: bot, tokn: {CANARY}, {CANARY}, token: {CANARY}}}
    history_from: 2026-02-31
    schedule: {{every: 15x}}
    rate_limit_share: 2
    push: {{ticket_fields: [due], summaries: [{{scope: agnt, period: week, grace: 5}}]}}
  - {{name: b, kind: acme, base_url: x, auth: {{method: api_key, api_key: x}}}}
  - {{name: b, kind: zendesk, base_url: "https://b.zendesk.com", auth: {{method: bear, token: {CANARY}}}}}
agents: [{{name: An, accounts: {{care: 1}}}}]
calendars:
  vn: {{tz: Hanoi, week: {{mon..fri: ["08:00-25:00"], mo: []}}, holidays: [Tết]}}
  vn: 3
policies:
  policies: [{{id: x, clocks: [{{id: first_replay, goal: {{urgnt: 3m, low: x}}, stop: [], time: busines, warn: [5]}}]}}]
appeal: 5
privacy: {{retention: 3 days}}
targets: *none
"""
    found = desk.wrong(text)
    assert [problem.split("; ")[0].removeprefix("helpdesk-kpi.yaml:") for problem in found] == [
        "1: organization: this key is missing",
        "1: version: this word is not known here",
        "2: organisation: there is no such key",
        "3: timezone: this is no time zone",
        "4: language: this word is not known here",
        "5: store: a password is never written here, only a reference to it",
        "7: connectors[0].name: this cannot serve as a name",
        next(problem for problem in found if ":9:" in problem).removeprefix("helpdesk-kpi.yaml:"),
        "10: connectors[0].auth.email: this is no e-mail address",
        "10: connectors[0].auth: there is no such key",
        "10: connectors[0].auth: there is no such key",
        "10: connectors[0].auth.token: a secret is never written here, only a reference to it",
        "11: connectors[0].history_from: this is no date",
        "12: connectors[0].schedule.every: this is no length of time",
        "13: connectors[0].rate_limit_share: this number is out of range",
        "14: connectors[0].push.ticket_fields[0]: this word is not known here",
        "14: connectors[0].push.summaries[0].scope: this word is not known here",
        "14: connectors[0].push.summaries[0].grace: a text is needed here",
        "15: connectors[1].kind: this version serves no such helpdesk",
        "16: connectors[2].name: another connector has this name",
        "16: connectors[2].auth.method: this word is not known here",
        "17: agents[0].accounts.care: no connector has this name",
        "19: calendars.vn.tz: this is no time zone",
        '19: calendars.vn.week["mon..fri"][0]: these are no opening hours',
        "19: calendars.vn.week.mo: these are no days of the week",
        "19: calendars.vn.holidays[0]: this is no date and no range of dates",
        "20: calendars.vn: this key was already given on line 19",
        "22: policies.policies[0].clocks[0].id: this word is not known here",
        "22: policies.policies[0].clocks[0].goal.urgnt: there is no such key",
        "22: policies.policies[0].clocks[0].goal.low: this is no length of time",
        "22: policies.policies[0].clocks[0].stop: this must not be empty",
        "22: policies.policies[0].clocks[0].time: this word is not known here",
        "22: policies.policies[0].clocks[0].warn[0]: a text is needed here",
        "23: appeal: a text is needed here",
        "24: privacy.retention: this is no number of months",
        "25: targets: YAML aliases are not read here",
    ]
    assert CANARY not in "".join(found)


def test_what_was_meant_is_guessed(desk: Desk) -> None:
    (key, word) = desk.wrong_after("langage: vi\nprivacy: {individual: selv}\n")
    assert "did you mean language? Known here: version, organization" in key
    assert word.endswith("did you mean self? Known here: off, self, self_and_lead, all")


def test_a_helpdesk_not_served_is_the_only_problem_of_its_connector(desk: Desk) -> None:
    more = "  - {kind: acme, auth: {method: oauth_jwt_bearer, username: a}, csat: {field: CSAT__c}}\n"
    (problem,) = desk.wrong_after(more)
    assert problem.startswith(
        "helpdesk-kpi.yaml:9: connectors[1].kind: this version serves no such helpdesk; known here: "
    )


@pytest.mark.parametrize(
    ("auth", "problem"),
    [
        ("{}", "connectors[0].auth.method: this key is missing"),
        ("{method: 3}", "connectors[0].auth.method: this word is not known here"),
        ("{method: [bearer]}", "connectors[0].auth.method: this word is not known here"),
        ("bearer", "connectors[0].auth: keys with values are needed here"),
        ("", "connectors[0].auth: keys with values are needed here"),
        ("{method: bearer}", "connectors[0].auth.token: this key is missing"),
        ("{method: bearer, token: 12345}", "connectors[0].auth.token: a text is needed here"),
        ("{method: bearer, token: *x}", "connectors[0].auth.token: YAML aliases are not read here"),
    ],
)
def test_a_way_to_sign_in_that_is_incomplete_is_one_problem(desk: Desk, auth: str, problem: str) -> None:
    lines = desk.head.splitlines()
    (found,) = desk.wrong("\n".join([*lines[:-1], f"    auth: {auth}"]))
    assert found.startswith(f"helpdesk-kpi.yaml:8: {problem}")
    assert "12345" not in found


def test_fault_38_a_secret_pasted_as_a_key_is_not_repeated(desk: Desk) -> None:
    lines = desk.head.splitlines()
    auth = f'    auth: {{method: bearer, token: "${{env:T}}", {CANARY}: {{x: 1}}}}'
    (found,) = desk.wrong("\n".join([*lines[:-1], auth]))
    assert found == "helpdesk-kpi.yaml:8: connectors[0].auth: there is no such key; known here: method, token"


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ('agents: [{name: "${env:NAME}", accounts: {sao-mai: 1}}]', "agents[0].name"),
        ('statuses: {sao-mai: {"x": open}}\nteams: {a: {country: "${file:x}"}}', "teams.a.country"),
    ],
)
def test_references_are_for_secrets_and_the_store_only(desk: Desk, more: str, path: str) -> None:
    (found,) = desk.wrong_after(more)
    assert f"{path}: a reference is not read here; only in secrets and in the store" in found


def test_parts_that_do_not_agree_are_reported(desk: Desk) -> None:
    more = """\
    push:
      summaries:
        - {scope: team, period: week}
        - {scope: team, period: month}
        - {scope: team, period: week}
agents:
  - {name: An, accounts: {sao-mai: 1}, team: a}
  - {name: Anh, accounts: {sao-mai: "1"}}
statuses: {other: {waiting: hold}}
fields: {topic: {sao-mi: {tag: x}}}
"""
    assert [line.removeprefix("helpdesk-kpi.yaml:") for line in desk.wrong_after(more)] == [
        "13: connectors[0].push.summaries[2]: this scope and period already have a summary",
        "16: agents[1].accounts.sao-mai: this account already belongs to another agent",
        "17: statuses.other: no connector has this name; known here: sao-mai",
        "18: fields.topic.sao-mi: no connector has this name; did you mean sao-mai? Known here: sao-mai",
    ]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("store:", "9: store: a text is needed here; for example sqlite:///helpdesk-kpi.db"),
        ("bots: [bot@saomai.vn]", "9: bots[0]: this is no account id; the helpdesk's id of the account"),
        ("bots: ['361', 'kpi@saomai.vn']", "9: bots[1]: this is no account id"),
        ("bots: {}", "9: bots: a list is needed here"),
        ("policies: [1]", "9: policies: a text, or keys with values, is needed here"),
        ("policies: ''", "9: policies: this must not be empty"),
        ("statuses: {sao-mai: {waiting: paused}}", "9: statuses.sao-mai.waiting: this word is not known here"),
        ("indicators: {created: {min_n: 0}}", "9: indicators.created.min_n: this number is out of range; 1 or more"),
        ("indicators: {created: {on: maybe}}", "9: indicators.created.on: true or false is needed here"),
        (
            "indicators: {one_touch: {touch_rule: eq2}}",
            "9: indicators.one_touch.touch_rule: this word is not known here; did you mean eq1? Known here: le1, eq1,",
        ),
        (
            "indicators: {one_touch: {touchrule: eq1}}",
            "9: indicators.one_touch.touchrule: there is no such key; did you mean touch_rule? Known here: on, min_n,",
        ),
        (
            "indicators: {created: {window: 7 days}}",
            "9: indicators.created.window: there is no such key; known here: on, min_n",
        ),
        (
            "indicators: {near_miss: {per_cent: 100}}",
            "9: indicators.near_miss.per_cent: this number is out of range; from 1 to 99",
        ),
        ("indicators: {near_miss: {per_cent: x}}", "9: indicators.near_miss.per_cent: a whole number is needed here"),
        (
            "indicators: {first_contact_resolution: {window: 7 fortnights}}",
            "9: indicators.first_contact_resolution.window: this is no length of time; whole numbers with a unit",
        ),
        (
            "indicators: {first_contact_resolution: {window: 0s}}",
            "9: indicators.first_contact_resolution.window: this length of time is out of range; 1s or more",
        ),
        (
            "indicators: {first_contact_resolution: {window: 7}}",
            "9: indicators.first_contact_resolution.window: a text is needed here; for example 7 days",
        ),
        ("indicators: {first_contact_resolution: 7}", "9: indicators.first_contact_resolution: keys with values are"),
        ("fields: {topic: {sao-mai: {}}}", "9: fields.topic.sao-mai: say field, tag or both"),
        ("fields: {topik: {sao-mai: {field: 1}}}", "9: fields.topik: there is no such key; did you mean topic?"),
        (
            "fields: {responsible_agent: {sao-mai: {field: 1, tag: x}}}",
            "9: fields.responsible_agent.sao-mai.tag: there is no such key; known here: field, values",
        ),
        (
            "indicators: {satisfaction: {min_n: 5}}",
            "9: indicators.satisfaction: no indicator has this key; did you mean satisfaction_rate?",
        ),
        (
            "    push: {agent_fields: [qality]}",
            "push.agent_fields[0]: no indicator has this key; ",
        ),
        (
            "calendars: {office: {week: {mon: ['08:00-12:00']}}, default: offce}",
            "9: calendars.default: no calendar has this name; did you mean office? Known here: office",
        ),
        ("scorecards: {lead: {blocks: {}}}", "9: scorecards.lead.blocks: this must not be empty"),
        (
            "targets: [{indicator: complaints, scope: team, value: x, window: month, owner: Lan}]",
            "9: targets[0].value: a number is needed here",
        ),
        (
            "targets: [{indicator: complaint, scope: team, value: 3, window: month, owner: Lan}]",
            "9: targets[0].indicator: no indicator has this key; did you mean complaints?",
        ),
        ("teams: {a: {since: yesterday}}", "9: teams.a.since: this is no date"),
        (
            f"agents: [{{name: {'x' * 201}, accounts: {{}}}}]",
            "agents[0].name: this is too long; at most 200 characters",
        ),
        ("agents: [{name: x}]", "9: agents[0].accounts: this key is missing"),
        ("    per_page: 1001", "9: connectors[0].per_page: this number is out of range; from 1 to 1000"),
        ("    push: {summaries: [weekly]}", "9: connectors[0].push.summaries[0]: keys with values are needed here"),
        ("    push: {summaries: [{period: week}]}", "summaries[0].scope: this key is missing; known here: agent, team"),
        ("    per_page: 1.5", "9: connectors[0].per_page: a whole number is needed here"),
    ],
)
def test_one_thing_wrong_is_one_problem(desk: Desk, more: str, problem: str) -> None:
    (found, *others) = desk.wrong_after(more)
    assert problem in found
    assert all("accounts" in other for other in others)


def test_a_problem_has_a_place_and_both_sentences(desk: Desk) -> None:
    with pytest.raises(SettingsError) as caught:
        desk.settings("language: fr\n")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column, problem.path) == (str(desk.path), 9, 11, "language")
    assert problem.text(lambda sentence: f"<{sentence.text}>") == (
        f"{desk.path}:9: language: <this word is not known here>; <known here: {{words}}>"
    )


def test_a_key_that_a_terminal_would_obey_is_shown_harmless(desk: Desk) -> None:
    (found,) = desk.wrong_after('"\\e[31mred": 1\n')
    assert '["?[31mred"]: there is no such key' in found


def test_what_the_models_alone_refuse_is_still_a_problem(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.checking.schema_findings", lambda _value, _definition: iter(()))
    assert desk.wrong_after("language: fr\n") == ["helpdesk-kpi.yaml:9: language: this does not fit here"]


def test_nothing_chained_to_the_error_repeats_the_file(desk: Desk) -> None:
    lines = desk.head.splitlines()
    with pytest.raises(SettingsError) as caught:
        desk.load("\n".join([*lines[:-1], f"    auth: {{method: bearer, token: {CANARY}}}"]))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_secrets_are_missed_only_when_they_are_needed(desk: Desk) -> None:
    more = """\
  - {name: b, kind: zendesk, base_url: "https://b.zendesk.com", auth: {method: bearer, token: "${file:token.txt}"}}
"""
    environ: dict[str, str] = {}
    settings = desk.settings(more, environ)
    assert desk.told(lambda: resolve(settings)) == [
        "helpdesk-kpi.yaml:8: connectors[0].auth.token: the environment variable TOKEN is not set, or is empty",
        "helpdesk-kpi.yaml:9: connectors[1].auth.token: the secret's file token.txt cannot be read as text",
    ]
    environ["TOKEN"] = CANARY
    resolve(settings, ["sao-mai"])
    (desk.folder / "token.txt").write_text(CANARY)
    resolve(settings)
    assert settings.connectors[1].auth.token.reveal() == CANARY
    assert CANARY not in repr(settings) + str(settings.origin) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("store", "address"),
    [
        ("sqlite:///kpi.db", "sqlite:///{folder}/kpi.db"),
        ("sqlite:///data/kpi.db?timeout=5", "sqlite:///{folder}/data/kpi.db?timeout=5"),
        ("sqlite:////var/lib/kpi.db", "sqlite:////var/lib/kpi.db"),
        ("sqlite:///me@home:1.db", "sqlite:///{folder}/me@home:1.db"),
        ("postgresql+psycopg:///kpi", "postgresql+psycopg:///kpi"),
        ("postgresql+psycopg://kpi@db/kpi", "postgresql+psycopg://kpi@db/kpi"),
        ("postgresql+psycopg://${env:WHO}:${env:PASSWORD}@db/kpi", "postgresql+psycopg://me:p%40s%2Fs@db/kpi"),
        ("postgresql+psycopg://db/kpi?password=${env:PASSWORD}", "postgresql+psycopg://db/kpi?password=p%40s%2Fs"),
        ("${env:DATABASE}", "postgresql+psycopg://all@db/kpi"),
    ],
)
def test_the_stores_address_is_completed_late(desk: Desk, store: str, address: str) -> None:
    environ = {"WHO": "me", "PASSWORD": "p@s/s", "DATABASE": "postgresql+psycopg://all@db/kpi"}
    settings = desk.settings(f'store: "{store}"\n', environ)
    expected = address.replace("{folder}", str(desk.folder.resolve()))
    assert store_url(settings) == expected


@pytest.mark.parametrize(
    "store",
    [
        "mysql://db/kpi",
        "postgresql://db/kpi",
        "postgresql+psycopg://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://kpi.db",
        "kpi.db",
        "${file:x}",
        "sqlite:///${env:lower case}",
        "sqlite:///a\\nb",
        f"postgresql+psycopg://me:{CANARY}@db/kpi",
        f"postgresql+psycopg://me:{CANARY}/x?y@db/kpi",
        f"postgresql+psycopg://me:{CANARY}${{env:X}}@db/kpi",
        f"postgresql+psycopg://db/kpi?password={CANARY}",
        f"postgresql+psycopg://db/kpi?sslpassword={CANARY}",
    ],
)
def test_fault_38_a_store_elsewhere_or_with_a_password_is_refused(desk: Desk, store: str) -> None:
    (found,) = desk.wrong_after(f'store: "{store}"\n')
    assert found.startswith("helpdesk-kpi.yaml:9: store: ")
    assert CANARY not in found


@pytest.mark.parametrize(
    ("environ", "problem"),
    [({}, "the environment variable DATABASE is not set, or is empty"), ({"DATABASE": CANARY}, "this is no store")],
)
def test_a_store_that_the_environment_does_not_hold_is_placed(
    desk: Desk, environ: dict[str, str], problem: str
) -> None:
    settings = desk.settings('store: "${env:DATABASE}"\n', environ)
    (found,) = desk.told(lambda: store_url(settings))
    assert found.startswith(f"helpdesk-kpi.yaml:9: store: {problem}")
    assert CANARY not in found


def test_nearly_everything_is_in_force(desk: Desk) -> None:
    more = """\
  - {name: b, kind: zendesk, base_url: "https://b.zendesk.com", auth: {method: bearer, token: "${env:TOKEN}"}}
agents:
  - {name: An, accounts: {sao-mai: 1, b: 2}, team: a}
  - {name: Bình, accounts: {b: 3}}
teams: {a: {lead: lead@saomai.vn, timezone: UTC, since: 2026-01-01}}
fields: {topic: {sao-mai: {field: 360}}}
targets:
  - {indicator: first_reply, scope: team, value: 4h, window: month, owner: Lan, agreed_on: 2026-01-01}
scorecards: {agent: {blocks: {speed: {weight: 2, indicators: [first_reply]}}}}
inputs: {overrides: overrides.csv, org: org.csv}
appeal: 5 days
policies:
  policies: [{id: a, clocks: [{id: resolution, goal: {any: 4h}, stop: [solved]}]}]
  escalations: [{on: {clock: resolution}, steps: [{level: 1, notify: [team_lead], note: true, add_tags: [late]}]}]
indicators: {first_reply: {min_n: 5}, one_touch: {on: false, touch_rule: eq1}}
privacy: {ranking: off, visible_to_all_agents: true, retention: 2 years}
"""
    settings = desk.settings(more)
    assert not_yet_in_force(settings) == []
    assert settings.indicators["first_reply"].min_n == 5
    assert settings.teams["a"].lead == "lead@saomai.vn"


def test_what_a_helpdesk_cannot_do_is_not_allowed_to_escalations(desk: Desk) -> None:
    org = """\
  - name: care
    kind: salesforce
    base_url: https://saomai.my.salesforce.com
    auth: {method: oauth_client_credentials, client_id: kpi, client_secret: "${env:TOKEN}"}
    push: {escalations: {allow: [note, add_tags]}}
"""
    told = "Salesforce has no tags: add_tags can do nothing there; leave it out; a note, a priority and a handover"
    (found,) = desk.wrong_after(org)
    assert found.startswith(f"helpdesk-kpi.yaml:13: connectors[1].push.escalations.allow[1]: {told}")
    assert desk.settings(org.replace(", add_tags", "")).connectors[1].push.escalations.within == 86_400


def test_settings_made_in_code_know_a_place_too() -> None:
    connector = {
        "name": "a",
        "kind": "zendesk",
        "base_url": "https://a.zendesk.com",
        "auth": {"method": "bearer", "token": "${env:HELPDESK_KPI_NO_SUCH_VARIABLE}"},
    }
    settings = Settings.model_validate(
        {"version": 1, "organization": "x", "timezone": "UTC", "connectors": [connector]}
    )
    assert settings.origin.folder == Path()
    with pytest.raises(SettingsError, match="HELPDESK_KPI_NO_SUCH_VARIABLE"):
        resolve(settings)


def test_problems_are_in_the_order_of_lines() -> None:
    with_line = Problem("a", 3, 1, "x", message("wrong"), None)
    whole_file = Problem("a", None, None, "", message("wrong"), None)
    assert SettingsError([with_line, whole_file]).problems == (whole_file, with_line)


def test_parameters_are_read_in_the_engines_own_measures(desk: Desk) -> None:
    chosen = """\
indicators:
  first_contact_resolution: {window: 36h, thanks_reopens: ignore, min_n: 3}
  near_miss: {per_cent: 80, on: false}
  created: {on: true}
"""
    settings = desk.settings(chosen)
    assert settings.parameters == {
        "first_contact_resolution": {"window": 129_600, "thanks_reopens": "ignore"},
        "near_miss": {"per_cent": 80},
    }
    assert settings.off == {"near_miss"}
    assert settings.indicators["first_contact_resolution"].min_n == 3
    assert not_yet_in_force(settings) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(604_800, "7 days"), (129_600, "36h"), (5_400, "90m"), (61, "61s"), (0, "0 days")]
)
def test_a_length_of_time_is_told_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_length_of_time_may_have_an_upper_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    indicator = INDICATORS["first_contact_resolution"]
    bounded = [replace(each, most=864_000) if each.duration else each for each in indicator.parameters]
    changed = replace(indicator, parameters=tuple(bounded))
    monkeypatch.setattr("config.indicators.INDICATORS", {**INDICATORS, indicator.key: changed})
    (found,) = desk.wrong_after("indicators: {first_contact_resolution: {window: 11 days}}")
    assert found.endswith("window: this length of time is out of range; from 1s to 10 days")


def test_meanings_are_given_as_the_engine_reads_them(desk: Desk) -> None:
    more = """\
fields:
  topic: {sao-mai: {field: 360, tag: hoan-tien, values: {hoan-tien: Refund, giao: Delivery}}}
  complaint: {sao-mai: {tag: khieu-nai}}
  severity: {sao-mai: {field: 360}}
  responsible_agent: {sao-mai: {field: "361", values: {an: 7}}}
"""
    fields = desk.settings(more).fields
    assert meaning_documents(fields, "sao-mai") == {
        "topic": {"field": "360", "tag": "hoan-tien", "values": {"hoan-tien": "Refund", "giao": "Delivery"}},
        "complaint": {"field": None, "tag": "khieu-nai", "values": {}},
        "severity": {"field": "360", "tag": None, "values": {}},
        "responsible_agent": {"field": "361", "tag": None, "values": {"an": "7"}},
    }
    assert mapped_fields(fields, "sao-mai") == {"360": ["topic", "severity"], "361": ["responsible_agent"]}
    assert meaning_documents(fields, "other") == mapped_fields(fields, "other") == {}
