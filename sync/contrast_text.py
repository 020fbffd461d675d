"""How comparisons are put into words and documents: figures with their intervals, differences with their signs."""

from kpi_engine.comparison import Adjustment, Estimate
from kpi_engine.fairness import FunnelPoint
from kpi_engine.indicators.indicator import Indicator, Unit
from kpi_engine.message import message
from sync.contrasts import Change, Side
from sync.locale import Language
from sync.scorecards import cell_document
from sync.wording import cell_text, value_text

_MINUS = "\N{MINUS SIGN}"


def figure_text(indicator: Indicator, side: Side, language: Language) -> str:
    """Return a figure with its interval, or how much data there is until now."""
    if not side.fit:
        return cell_text(indicator, side.cell, language)
    return estimate_text(indicator, side.raw, language)


def estimate_text(indicator: Indicator, found: Estimate | None, language: Language) -> str:
    """Return an estimate with its interval."""
    if found is None:
        return "–"
    value = value_text(indicator, found.value, language)
    if found.low is None or found.high is None:
        return value
    highest = min(1.0, found.high) if indicator.unit is Unit.SHARE else found.high
    ends = [value_text(indicator, end, language) for end in (max(indicator.floor, found.low), highest)]
    return f"{value} ({ends[0]} – {ends[1]})"


def difference_text(indicator: Indicator, found: Estimate | None, language: Language) -> str:
    """Return a difference with its interval."""
    if found is None:
        return "–"
    value = signed(indicator, found.value, language)
    if found.low is None or found.high is None:
        return value
    return f"{value} ({signed(indicator, found.low, language)} – {signed(indicator, found.high, language)})"


def signed(indicator: Indicator, value: float, language: Language) -> str:
    """Return a difference with its sign; that of shares is in points of a percentage."""
    sign = "+" if value > 0 else _MINUS if value < 0 else "±"
    if indicator.unit is Unit.SHARE:
        return language(message("{sign}{number} pp", sign=sign, number=language.number(abs(value) * 100, 1)))
    return f"{sign}{value_text(indicator, abs(value), language)}"


def side_document(side: Side) -> dict[str, object]:
    """Return one side of a comparison as JSON."""
    return {"figure": cell_document(side.cell), "compared": side.fit, "raw": estimate_document(side.raw)}


def estimate_document(found: Estimate | None) -> dict[str, float | None] | None:
    """Return an estimate as JSON, null where there is none."""
    return None if found is None else {"value": found.value, "low": found.low, "high": found.high}


def adjustment_document(adjustment: Adjustment | None) -> dict[str, object] | None:
    """Return how figures were adjusted as JSON."""
    if adjustment is None:
        return None
    return {"method": adjustment.method.value, "covered": adjustment.covered, "reference": adjustment.reference}


def change_document(found: Change | None) -> dict[str, object] | None:
    """Return a difference as JSON, null where there is none."""
    if found is None:
        return None
    parting = found.parting
    return {
        "difference": estimate_document(found.by),
        "parting": None if parting is None else {"mix": parting.mix, "performance": parting.performance},
        "finding": found.standing.value,
    }


def funnel_document(point: FunnelPoint | None) -> dict[str, object] | None:
    """Return a point of a funnel plot as JSON: the figure, of how many, and the limits of chance around the whole."""
    if point is None:
        return None
    return {
        "value": point.value,
        "n": point.n,
        "limits_95": None if point.usual is None else list(point.usual),
        "limits_99_8": None if point.rare is None else list(point.rare),
        "inside": point.inside,
    }


def places_text(places: tuple[int, int] | None) -> str:
    """Return between which places somebody stands."""
    if places is None:
        return "–"
    first, last = places
    return str(first) if first == last else f"{first}–{last}"
