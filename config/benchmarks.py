"""Benchmarks as records: what others reach, whose figure it is, of when and from how many."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from config.targets import Amount, Only, amount
from connectors.settings import Day, Key, Line, Section, UnfitError
from kpi_engine.benchmarks import Benchmark
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.targets import TargetKind

_STALE = 730
"""Days after which a benchmark tells of other times."""


class BenchmarkSettings(Section):
    """What others reach: it stands beside figures and targets, and judges nobody."""

    indicator: Key = Field(description="The indicator's key.")
    value: Amount = Field(description="Their figure: times as 2h, shares as 0.7 or 70 %.")
    low: Amount | None = Field(None, description="Up to here a figure is called low.")
    high: Amount | None = Field(None, description="From here on a figure is called high.")
    source: Line = Field(description="Where it comes from: a study, a bought report, a partner.")
    date: Day = Field(description="Of when it is.")
    n: Annotated[int, Field(ge=1)] | None = Field(None, description="From how many it was made.")
    only: Only = Field(Only(), description="Only these tickets: the channel, priority, segment or severity it is of.")

    @model_validator(mode="after")
    def _in_order(self) -> "BenchmarkSettings":
        if self.indicator not in INDICATORS:
            return self  # said where unknown keys are
        told = {name: self._amount(name) for name in ("low", "value", "high")}
        known = [each for each in told.values() if each is not None]
        if known != sorted(known):
            raise UnfitError(message("low, value and high are not in this order"), below=("value",))
        return self

    def _amount(self, name: str) -> float | None:
        given = getattr(self, name)
        if given is None:
            return None
        try:
            return amount(INDICATORS[self.indicator], TargetKind.ABS, given)
        except UnfitError as error:
            raise UnfitError(error.message, error.allowed, below=(name,)) from None

    def record(self) -> Benchmark:
        """Return the benchmark as the engine reads it; its indicator must be known."""
        return Benchmark(
            indicator=self.indicator,
            value=self._amount("value") or 0.0,
            source=self.source,
            told_on=self.date.isoformat(),
            n=self.n,
            low=self._amount("low"),
            high=self._amount("high"),
            only={Scope(name): word for name, word in self.only.model_dump(exclude_none=True).items()},
        )


def benchmark_records(benchmarks: tuple[BenchmarkSettings, ...]) -> list[Benchmark]:
    """Return the benchmarks of indicators that this version has."""
    return [each.record() for each in benchmarks if each.indicator in INDICATORS]


def lint(benchmarks: tuple[BenchmarkSettings, ...], today: date) -> Iterator[Message]:
    """Yield what makes a benchmark less than it could be: it is shown all the same."""
    for each in benchmarks:
        named = {"indicator": each.indicator, "source": each.source}
        if (today - each.date).days > _STALE:
            yield message("the benchmark for {indicator} ({source}) is more than two years old", **named)
        if each.n is None:
            yield message("the benchmark for {indicator} ({source}) does not say from how many it was made", **named)
        if each.low is None and each.high is None:
            yield message("the benchmark for {indicator} ({source}) does not say what is low or high", **named)
