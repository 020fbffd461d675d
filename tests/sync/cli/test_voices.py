"""What customers, reviewers and books say, from files: imported, reduced, explained, and shown in both languages."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from sync.documents import indicators_document
from sync.examples import EXAMPLES

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.sandbox import ZendeskSandbox

NOVEMBER = ("--period", "2026-11")


@pytest.fixture
def known(known_world: tuple[Path, "ZendeskSandbox"], empty_desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> "Desk":
    """Give a copy of the folder whose store knows 28 days of a helpdesk: a test may bring more into it."""
    folder, sandbox = known_world
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    for name in ("helpdesk-kpi.db", "helpdesk-kpi.yaml"):
        shutil.copy(folder / name, empty_desk.folder)
    empty_desk.sandboxes = {"sao-mai": sandbox}
    return empty_desk


def bring(desk: "Desk", kind: str, text: str) -> None:
    (desk.folder / f"{kind}.csv").write_text(text, encoding="utf-8")
    result = desk.run("import", kind, f"{kind}.csv")
    assert result.exit_code == 0, result.output


def explained(desk: "Desk", key: str, *options: str) -> Any:  # noqa: ANN401 -- JSON
    return desk.told("explain", key, *(options or NOVEMBER))


def test_the_examples_worked_by_hand_come_out_of_the_files_as_they_stand(known: "Desk") -> None:
    document, brought = indicators_document(), set()
    for key, example in EXAMPLES.items():
        assert example.file in document
        assert all(step in document for step in example.steps)
        if example.file not in brought:
            bring(known, example.kind, example.file)
            brought.add(example.file)
        told = explained(known, key)
        assert told["figure"]["value"] == pytest.approx(example.value, abs=1e-9), key
        assert {line["source"].partition(":")[0] for line in told["lines"]} == {f"{example.kind}.csv"}
        assert f"## `{key}`" in document
        assert key in INDICATORS
    net = explained(known, "net_promoter_score")
    assert (round(net["figure"]["high"] - 25, 1), net["figure"]["n"], net["figure"]["enough"]) == (57.5, 8, False)
    (left,) = explained(known, "customer_effort")["omitted"]
    assert (left["reason"], left["source"]) == ("wording_unknown", "surveys.csv:7")
    shown = known.run("explain", "customer_effort", *NOVEMBER).stdout
    assert "surveys.csv:7" in shown
    assert "higher_is_better" in shown
