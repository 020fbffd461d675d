"""How targets are put into words: what was agreed, what the figure says about it, and what a target lacks."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from config.meanings import Fields
from config.targets import TargetSettings
from connectors.body import one_line
from kpi_engine.benchmarks import Benchmark, Beside, chosen
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.targets import Comparator, TargetKind
from sync.benchmark_text import band_text, benchmark_text, source_text
from sync.fitting import NAME_WIDTH, plain_table
from sync.locale import Language
from sync.targets import Judged
from sync.wording import cell_text, value_text


def target_text(each: Judged, language: Language) -> str:
    """Return what was agreed: the figure to be reached, the change it stands for, the tickets it speaks of."""
    target = each.target
    words = [_required(each, language)]
    if target.kind is TargetKind.REL_CHANGE:
        words[0] += f" ({language.percent(target.value)})"
    return ", ".join([*words, *target.only.values()])


def _not_judging(each: Judged) -> Message:
    if each.target.announced(each.figure.period):
        return message("it holds only since after this began: it judges nobody")
    return message("not announced before this began: it judges nobody")


def _required(each: Judged, language: Language) -> str:
    indicator, target = INDICATORS[each.target.indicator], each.target
    goal = value_text(indicator, each.attainment.required, language)
    if target.way is Comparator.BETWEEN:
        return f"{goal} – {value_text(indicator, target.high, language)}"
    return goal if each.attainment.required is None else f"{_SIGNS[target.way]} {goal}"


_SIGNS = {Comparator.AT_LEAST: "≥", Comparator.AT_MOST: "≤"}


def finding(each: Judged) -> Message:
    """Return what the figure says about the target, in words that claim no more than is known."""
    attainment = each.attainment
    if not each.judging:
        return _not_judging(each)
    if attainment.required is None:
        return message("what it is measured against is not known")
    if attainment.met is None:
        return message("not enough data yet ({n} of {min_n})", n=each.figure.n, min_n=each.target.least(each.figure))
    if each.running:
        return message("met so far") if attainment.met else message("not met so far")
    if each.figure.low is not None and not attainment.evident:
        return message("met, which may be chance") if attainment.met else message("not met, which may be chance")
    return message("met") if attainment.met else message("not met")


def judged_document(each: Judged, name: str) -> dict[str, object]:
    """Return a figure beside its target as JSON."""
    target, attainment = each.target, each.attainment
    return {
        "indicator": target.indicator,
        "subject": each.subject,
        "name": name,
        "stretch": each.figure.period.label,
        "kind": target.kind.value,
        "comparator": target.way.value,
        "value": target.value,
        "high": target.high,
        "only": {scope.value: word for scope, word in target.only.items()},
        "min_n": target.least(each.figure),
        "owner": target.owner,
        "agreed_by": target.agreed_by,
        "agreed_on": target.agreed_on,
        "announced_on": target.announced_on,
        "valid_from": target.valid_from,
        "benchmark": target.benchmark,
        "baseline": each.baseline.value if each.baseline is not None else None,
        "required": attainment.required,
        "figure": each.figure.value,
        "running": each.running,
        "n": each.figure.n,
        "attained": attainment.share if each.judging else None,
        "met": attainment.met if each.judging else None,
        "evident": attainment.evident and each.judging,
    }


def targets_table(
    found: Sequence[Judged], stands: Sequence[Beside | None], names: Mapping[str | None, str], language: Language
) -> Table:
    """Return a table of figures beside their targets, and beside what is usual elsewhere or was before."""
    table = plain_table(language(message("Targets")))
    for title in (
        message("Whose"),
        message("Indicator"),
        message("Target"),
        message("Figure"),
        message("Attained"),
        message("Finding"),
        message("Benchmark"),
    ):
        table.add_column(language(title), overflow="fold")
    table.columns[0].max_width = NAME_WIDTH
    for each, stand in zip(found, stands, strict=True):
        indicator, share = INDICATORS[each.target.indicator], each.attainment.share if each.judging else None
        cells = (
            one_line(names.get(each.subject, each.subject or "")),
            language(indicator.name),
            target_text(each, language),
            cell_text(indicator, each.figure, language),
            "–" if share is None else language.percent(share, 0),
            language(finding(each)),
            "" if stand is None else _stand_text(stand, language),
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _stand_text(stand: Beside, language: Language) -> str:
    texts = (benchmark_text(stand.benchmark, language), band_text(stand, language))
    return "; ".join([*(text for text in texts if text), one_line(language(source_text(stand.benchmark, language)))])


def lint(targets: Iterable[TargetSettings], benchmarks: Sequence[Benchmark] = ()) -> Iterator[Message]:
    """Yield what makes a configured target less than it could be: it is accepted all the same."""
    for target in targets:
        named = {"indicator": target.indicator, "scope": target.scope}
        if target.announced_on is None:
            yield message("the target for {indicator} ({scope}) was never announced, so it judges nobody", **named)
        if target.agreed_on is None:
            yield message("the target for {indicator} ({scope}) does not say when it was agreed", **named)
        if target.agreed_by is None:
            yield message("the target for {indicator} ({scope}) does not say with whom it was agreed", **named)
        if (
            target.valid_from is not None
            and target.announced_on is not None
            and target.valid_from < target.announced_on
        ):
            yield message(
                "the target for {indicator} ({scope}) is valid before it was announced: it judges nobody until then",
                **named,
            )
        only = {Scope(name): word for name, word in target.only.model_dump(exclude_none=True).items()}
        if target.benchmark is None and chosen(benchmarks, target.indicator, only) is None:
            yield message(
                "the target for {indicator} ({scope}) has no benchmark: nothing says that it can be reached", **named
            )


def unmapped(targets: Iterable[TargetSettings], meanings: Collection[str]) -> Iterator[Message]:
    """Yield the targets that speak of tickets of which nothing tells that they are such: they will judge nobody."""
    for target in targets:
        for name in target.only.model_dump(exclude_none=True):
            if name in Fields.model_fields and name not in meanings:
                yield message(
                    "the target for {indicator} ({scope}) is of one {name}, and nothing tells it: see {setting}",
                    indicator=target.indicator,
                    scope=target.scope,
                    name=name,
                    setting=f"fields.{name}",
                )
