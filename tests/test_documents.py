"""The documents: what is generated is current, and what is promised exists."""

import configparser
import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from config import Settings, load, not_yet_in_force
from connectors import CONNECTORS
from kpi_engine.indicators import INDICATORS
from sync.cli import COMMANDS
from sync.documents import configuration_document, indicators_document, platforms_document, write_documents
from sync.elsewhere import ELSEWHERE, RULED_BY
from sync.exits import Exit
from sync.wording import FIELD_TITLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

NOT_IN_FORCE = """
version: 1
organization: Sao Mai
timezone: Asia/Ho_Chi_Minh
connectors:
  - {name: one, kind: zendesk, base_url: https://one.zendesk.com, auth: {method: bearer, token: "${env:T}"}}
  - name: two
    kind: salesforce
    base_url: https://two.my.salesforce.com
    auth: {method: oauth_client_credentials, client_id: kpi, client_secret: "${env:T}"}
agents: [{name: An, accounts: {one: "1", two: "2"}}]
teams: {tier-1: {lead: lead@saomai.vn}}
fields: {topic: {one: {tag: billing}}, severity: {one: {field: "3"}}, root_cause: {two: {tag: broken}}}
targets: [{indicator: solved, scope: account, value: 9, window: week, owner: Lan}]
scorecards: {agent: {blocks: {work: {indicators: [solved]}}}}
inputs: {calls: calls.csv, org: o.csv, roster: r.csv, overrides: x.csv}
appeal: 3 days
policies: platform
indicators: {solved: {on: false}, one_touch: {touch_rule: eq1}}
privacy: {individual: all, ranking: lead, retention: 2 years, visible_to_all_agents: true}
"""


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def section(title: str) -> str:
    return re.split(r"^## ", README.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def options_of(command: str) -> set[str]:
    found = import_module(f"sync.cli.{command}_command").command
    parts = [found, *(found.commands.values() if isinstance(found, click.Group) else ())]
    options = (parameter for part in parts for parameter in part.params if isinstance(parameter, click.Option))
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("indicators.md", indicators_document()),
        ("configuration.md", configuration_document()),
        ("platforms.md", platforms_document()),
    ],
)
def test_a_generated_document_is_current(name: str, document: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == document, "run: make docs"


def test_the_generated_documents_are_written_where_asked(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert (tmp_path / "indicators.md").read_text(encoding="utf-8") == indicators_document()
    assert (tmp_path / "configuration.md").read_text(encoding="utf-8") == configuration_document()


def test_the_indicators_are_described_in_both_languages() -> None:
    document = indicators_document()
    for indicator in INDICATORS.values():
        assert f"## `{indicator.key}`" in document
        assert str(indicator.formula) in document
        assert f"| `{indicator.catalogue}` | [`{indicator.key}`]" in document
    assert "Thời gian" in document


def test_the_indicators_are_argued_beside_what_other_products_mean() -> None:
    document = indicators_document()
    assert {*ELSEWHERE, *RULED_BY, *RULED_BY.values()} <= INDICATORS.keys()
    assert [key for key, told in ELSEWHERE.items() if f"- Elsewhere: {told}" not in document] == []
    assert [key for key in RULED_BY if INDICATORS[key].parameters] == []
    assert [
        str(each.why) for row in INDICATORS.values() for each in row.parameters if str(each.why) not in document
    ] == []
    for measure in ("first_reply", "next_reply", "full_resolution", "one_touch", "reopen_rate", "backlog", "goals_met"):
        assert "Zendesk" in ELSEWHERE[measure] + " ".join(str(each.why) for each in INDICATORS[measure].parameters)


def test_the_configuration_is_described_with_types_defaults_and_where_to_read_on() -> None:
    document = configuration_document()
    for row in (
        "[`connectors[] (zendesk)`](#connectors-zendesk) | *needed* | The helpdesk accounts. |",
        '| `language` | `vi`, `en` | `"en"` | The language of reports, tickets and messages. |',
        "| `team` | text |  | The person's team; default: the ticket's group. |",
        "| `privacy` | [`privacy`](#privacy) |",
        '| [`policies`](#policies) or text | `"starter/by-priority"` |',
    ):
        assert row in document
    assert "a reference to a secret" in document
    assert (
        "| [`first_contact_resolution`](indicators.md#first_contact_resolution) | `window` | a length of time such as "
        "`8h` or `7 days`; default `7 days` |"
    ) in document
    assert "## `calendars.<name>`" in document


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_in_the_documents_exists(page: Path) -> None:
    for line in command_lines(page.read_text(encoding="utf-8")):
        command, *rest = shlex.split(line.replace("[", " ").replace("]", " "))
        assert command in COMMANDS, line
        assert {word for word in rest if word.startswith("-")} <= options_of(command), line


def command_lines(text: str) -> list[str]:
    """Return what stands after helpdesk-kpi in shell and unit blocks, and in code spans, there with or without it."""
    blocks = "".join(re.findall(r"^```(?:sh|ini)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    called = re.findall(r"^[^#\n]*\bhelpdesk-kpi ([a-z][^#\n]*)", blocks, re.MULTILINE)
    return called + re.findall(rf"`(?:helpdesk-kpi )?((?:{'|'.join(COMMANDS)})(?: [^`\n]*)?)`", prose)


def test_commands_are_found_in_blocks_and_in_prose() -> None:
    text = "see `sync --yes`, `helpdesk-kpi run`\n```sh\n.venv/bin/helpdesk-kpi demo --keep  # now\n```\n"
    assert [line.strip() for line in command_lines(text)] == ["demo --keep", "sync --yes", "run"]


def test_the_commands_are_all_in_the_readme() -> None:
    assert [command for command in COMMANDS if f"| `helpdesk-kpi {command}" not in README] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_in_the_documents_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    text = page.read_text(encoding="utf-8")
    called = re.findall(r"`make ([a-z ]+)`", text) + re.findall(r"^make ([a-z]+)", text, re.MULTILINE)
    assert {word for line in called for word in line.split()} <= set(targets)


def test_the_readmes_configuration_loads_and_all_of_it_is_in_force(tmp_path: Path) -> None:
    assert (
        not_yet_in_force(_loaded(re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[0], tmp_path))
        == []
    )


def test_the_readme_tells_what_is_accepted_but_not_in_force(tmp_path: Path) -> None:
    told = section("Honest limits")
    idle = not_yet_in_force(_loaded(NOT_IN_FORCE, tmp_path))
    assert len(idle) == 1
    assert [path for path in idle if f"`{path}" not in told] == []


def _loaded(text: str, folder: Path) -> Settings:
    path = folder / "helpdesk-kpi.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, {"ZENDESK_SECRET": "x", "T": "x"})


def test_the_readme_names_every_indicator_and_every_helpdesk() -> None:
    indicators, helpdesks = section("Indicators"), README.partition("\n## ")[0]
    named = {key.removesuffix("_calendar") for key in INDICATORS}
    assert [key for key in sorted(named) if f"`{key}`" not in indicators] == []
    assert "`_calendar`" in indicators
    assert [kind for kind in CONNECTORS if f"| {kind.capitalize()} | yes" not in helpdesks] == []


def test_the_readme_names_every_ticket_field() -> None:
    told = section("What is written, and when")
    assert [title for title in map(str, FIELD_TITLES.values()) if f"| {title.partition(' (')[0]} |" not in told] == []


def test_the_readme_explains_every_exit_code() -> None:
    told = re.findall(r"^\| ([0-9, ]+) \|", section("Exit codes"), re.MULTILINE)
    assert [int(code) for codes in told for code in codes.split(",")] == list(Exit)


def test_the_readmes_unit_runs_the_service() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign] -- how configparser is told to keep capitals
    unit.read_string(re.findall(r"^```ini\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[0])
    assert " run --config " in unit["Service"]["ExecStart"]
    assert int(unit["Service"]["SuccessExitStatus"]) == Exit.TERMINATED
    assert int(unit["Service"]["RestartPreventExitStatus"]) == Exit.SETTINGS
