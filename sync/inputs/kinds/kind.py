"""What a kind of file is: its row's model, what tells rows apart, and when and of whom they speak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kpi_engine.message import Message
from sync.inputs.columns import RowModel
from sync.inputs.values import Json

Values = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file: what a row is, which columns tell it from another, and when and of whom it speaks.

    `at` names the column with its instant, day or period; an observation of a period stands at its last second.
    `misfit` says what is wrong between a row's columns, `of_agent` whether the column names an agent in a row.
    """

    name: str
    title: Message
    model: type[RowModel]
    key: tuple[str, ...]
    at: str = ""
    agent: str | None = "agent_ref"
    customer: str | None = "customer_ref"
    ticket: str | None = "ticket_ref"
    misfit: Callable[[Values], Message | None] = lambda _values: None
    of_agent: Callable[[Values], bool] = lambda _values: True
    observed: bool = True
