"""The files of what the demo's company keeps beside its helpdesks, and what the configuration says of them.

Each pass brings in the files that the configuration names; `import` would do the same with each by itself.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.world.books import Row

_OF_ACCOUNT: Final = {"calls": "cua-hang"} | dict.fromkeys(
    ("costs", "sales", "customers", "qa_reviews", "surveys", "social", "compliments"), "sao-mai"
)
"""The files whose rows belong to one helpdesk: those of its tickets and customers, and the shop's telephone calls."""

SCORECARD: Final = {
    "satisfaction": {"satisfaction_rate": 2, "net_promoter_score": 1},
    "quality": {"quality_score": 2, "correct_answer_rate": 1},
    "efficiency": {"first_reply": 1, "full_resolution": 1, "overdue_rate": 1},
    "business": {"attributed_revenue": 1},
    "manager": {"manager_evaluation": 1},
}
"""What counts in the demo: the four blocks of the users' material, efficiency beside them, each with its weights."""

_TARGETS: Final = {
    "satisfaction_rate": "80 %",
    "net_promoter_score": 30,
    "quality_score": "80 %",
    "correct_answer_rate": "90 %",
    "first_reply": "4h",
    "full_resolution": "24h",
    "overdue_rate": "10 %",
    "attributed_revenue": 10_000_000,
    "manager_evaluation": 4,
}

_MEANINGS: Final = """\
fields:                           # what tags and fields of the helpdesk mean
  complaint: {{sao-mai: {{tag: khieu_nai}}}}
  complaint_cause: {{sao-mai: {{field: "{complaint}", values: {{giao_hang: logistics, thai_do: agent}}}}}}
  topic: {{sao-mai: {{field: "{complaint}"}}}}
  warranty: {{sao-mai: {{tag: bao_hanh}}}}
  segment: {{sao-mai: {{tag: khach_vip}}}}
  severity: {{sao-mai: {{tag: nghiem_trong, values: {{nghiem_trong: S1}}}}}}
  root_cause: {{sao-mai: {{field: "{cause}"}}}}
indicators:
  support_to_sale_rate: {{window: 7d}}   # so long after a ticket a sale is still one of support; by default thirty days
  sales_per_call: {{window: 7d}}         # and so long after a call one that came of it
  revenue_per_call: {{window: 7d}}
  record_completeness: {{topic: free}}   # only complaints have a topic
"""


def kept(sandbox: ZendeskSandbox, folder: Path) -> str:
    """Write the company's files into a folder, and return the part of the configuration that names them."""
    books = sandbox.books()
    for kind, rows in books.items():
        _write(folder / f"{kind}.csv", [_placed(row) for row in rows])
    account = sandbox.state.account
    meanings = _MEANINGS.format(complaint=account.complaint_field_id, cause=account.root_cause_field_id)
    return "".join((meanings, "inputs:\n", *map(_input, books), *_agreed()))


def _placed(row: Row) -> Row:
    """Return a row with its helpdesk where that is not the file's: what was sold by telephone is the shop's."""
    return {**row, "account": _OF_ACCOUNT["calls"]} if row.get("source") == "other" else row


def _write(path: Path, rows: Sequence[Row]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _input(kind: str) -> str:
    account = _OF_ACCOUNT.get(kind)
    place = f"{kind}.csv" if account is None else f"{{path: {kind}.csv, account: {account}}}"
    return f"  {kind}: {place}\n"


def _agreed() -> Iterator[str]:
    yield "targets:\n"
    for key, value in _TARGETS.items():
        yield f"  - {{indicator: {key}, scope: agent, value: {value}, window: week, owner: Đặng Thu Hà, {_SINCE}}}\n"
    yield "scorecards:\n  care:\n    blocks:\n"
    for name, indicators in SCORECARD.items():
        weights = ", ".join(f"{key}: {weight}" for key, weight in indicators.items())
        yield f"      {name}: {{indicators: {{{weights}}}}}\n"


_SINCE: Final = "agreed_on: 2026-10-20, announced_on: 2026-10-22"
