"""The worked example of docs/ledger.md, computed."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.documents import policy_file
from config.penalties import consequences
from kpi_engine.cases import Case
from kpi_engine.durations import seconds_of
from kpi_engine.penalties import Assessment, Circumstances, Penalty, assessed
from kpi_engine.periods import period_named
from sync.ledger_text import FINDINGS

DOCUMENT = (Path(__file__).parents[1] / "docs" / "ledger.md").read_text(encoding="utf-8")
JANUARY = period_named("2027-01", "Asia/Ho_Chi_Minh")
CLOCKS = (
    "version: 1\npolicies: [{id: care, clocks: [{id: first_reply, goal: {any: 2h}, stop: [agent_public_reply]}]}]\n"
)
JUDGED = 60


def rows() -> list[list[str]]:
    section = DOCUMENT.partition("## An example")[2].partition("## When")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] != "|--"
    ][1:]


@pytest.fixture
def penalty(tmp_path: Path) -> Penalty:
    block = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)[0]
    (tmp_path / "care.yaml").write_text(CLOCKS + block, encoding="utf-8")
    document = policy_file(str(tmp_path / "care.yaml"))
    (kept,) = consequences(document.penalties, document.rewards)["penalties"]
    return Penalty.from_document(kept)


def case(number: int, ticket: str, **more: Any) -> Case:  # noqa: ANN401 -- any property of a case
    values = {"agent": "an", "team": "care", "priority": None, "channel": "web", "edition": "e", **more}
    return Case(ticket, "sao-mai", "first_reply", JANUARY.start + number, **values)


def example(penalty: Penalty, *, also_exempt: str = "") -> tuple[list[list[str]], Assessment]:
    told = [row for row in rows() if row[0].isdecimal()]
    late = [
        case(
            number,
            ticket,
            late=seconds_of(over),
            exempt="exempted" in beside or ticket == also_exempt,
            unsure="assumed" in beside,
        )
        for number, (ticket, over, beside, _, _) in enumerate(told)
    ]
    met = [case(1000 + number, f"met{number}") for number in range(JUDGED - len(late))]
    disputed = frozenset(("sao-mai", ticket) for ticket, _, beside, _, _ in told if "disputes" in beside)
    (found,) = assessed([penalty], [*late, *met], JANUARY, Circumstances(disputed=disputed))
    return told, found


def test_the_example_of_the_document_comes_to_what_it_says(penalty: Penalty) -> None:
    told, found = example(penalty)
    assert [[str(FINDINGS[each.finding]), str(each.points)] for each in found.charges] == [row[3:] for row in told]
    assert (found.allowed, found.points) == (3, 6)
    assert penalty.worth is not None
    assert penalty.worth.times(found.points) == "300000"
    assert example(penalty, also_exempt="106")[1].points == 3
