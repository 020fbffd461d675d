"""How benchmarks are put into words: whose figure it is, of when, and where another one lies beside it."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.benchmarks import Band, Benchmark, Beside, Origin
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from sync.benchmarks import Placed
from sync.fitting import NAME_WIDTH, plain_table
from sync.locale import Language
from sync.wording import cell_text, value_text

_SURE = {
    Band.LOW: message("low"),
    Band.USUAL: message("as usual"),
    Band.HIGH: message("high"),
}
_MAYBE = {
    Band.LOW: message("low, which may be chance"),
    Band.USUAL: message("as usual, which may be chance"),
    Band.HIGH: message("high, which may be chance"),
}


def band_text(found: Beside, language: Language) -> str:
    """Return where a figure lies beside a benchmark, nothing where it has no bands."""
    if found.band is None:
        return ""
    return language((_SURE if found.evident else _MAYBE)[found.band])


def benchmark_text(benchmark: Benchmark, language: Language) -> str:
    """Return a benchmark's figure with its bands."""
    indicator = INDICATORS[benchmark.indicator]
    value = value_text(indicator, benchmark.value, language)
    if benchmark.low is None and benchmark.high is None:
        return value
    ends = ("–" if end is None else value_text(indicator, end, language) for end in (benchmark.low, benchmark.high))
    return language(
        message("{value} (low to {low}, high from {high})", value=value, **dict(zip(_ENDS, ends, strict=True)))
    )


_ENDS = ("low", "high")


def source_text(benchmark: Benchmark, language: Language) -> Message:
    """Return whose figure a benchmark is, of when and from how many."""
    if benchmark.origin is Origin.LAST_YEAR:
        return message("own figure of {period}", period=benchmark.source)
    if benchmark.origin is Origin.BEFORE:
        return message("own figures of the three periods before")
    n = "?" if benchmark.n is None else language.number(benchmark.n)
    return message("{source}, {date}, n = {n}", source=benchmark.source, date=benchmark.told_on or "?", n=n)


def benchmarks_table(found: Sequence[Placed], names: Mapping[str | None, str], language: Language) -> Table:
    """Return a table of figures beside the benchmarks recorded for them."""
    table = plain_table(language(message("Benchmarks")))
    heads = (message("Whose"), message("Indicator"), message("Figure"), message("Benchmark"), message("Finding"))
    for head in (*heads, message("Source")):
        table.add_column(language(head), overflow="fold")
    table.columns[0].max_width = NAME_WIDTH
    for each in found:
        indicator, benchmark = INDICATORS[each.figure.indicator], each.beside.benchmark
        cells = (
            one_line(names.get(each.subject, each.subject or "")),
            language(indicator.name),
            cell_text(indicator, each.figure, language),
            benchmark_text(benchmark, language),
            band_text(each.beside, language),
            one_line(language(source_text(benchmark, language))),
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def beside_document(found: Beside | None) -> dict[str, object] | None:
    """Return what a figure stands beside as JSON, null where there is nothing."""
    if found is None:
        return None
    benchmark = found.benchmark
    return {
        "value": benchmark.value,
        "low": benchmark.low,
        "high": benchmark.high,
        "source": benchmark.source,
        "date": benchmark.told_on,
        "n": benchmark.n,
        "origin": benchmark.origin.value,
        "only": {scope.value: word for scope, word in benchmark.only.items()},
        "band": None if found.band is None else found.band.value,
        "evident": found.evident,
    }


def placed_document(each: Placed, name: str) -> dict[str, object]:
    """Return a figure beside a recorded benchmark as JSON."""
    found = beside_document(each.beside)
    return {"indicator": each.figure.indicator, "subject": each.subject, "name": name, "benchmark": found}
