"""What was agreed for indicators: specific, measurable, owned, and with a window, or refused."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from connectors.settings import Day, Key, Line, Section, UnfitError
from kpi_engine.durations import DURATION_PATTERN, DurationError, seconds_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Unit
from kpi_engine.message import message
from kpi_engine.periods import PeriodKind, period_named
from kpi_engine.targets import PREVIOUS, USUAL, Comparator, TargetKind

SCOPES = ("account", "country", "manager", "tier", "team", "agent")
_MOST_WINDOWS = 36
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?"
_WINDOW = re.compile(r"(?:([0-9]{1,2})\s+)?(day|week|month|quarter)s?")
_SIGNS = {"": 1, "+": 1, "-": -1}


def _readable_window(text: str) -> str:
    found = _WINDOW.fullmatch(text)
    if found is None or not 1 <= int(found[1] or 1) <= _MOST_WINDOWS:
        examples = '"week", "month", "quarter", "3 months"'
        raise UnfitError(message("this is no window"), message("for example {examples}", examples=examples))
    return text


def _known_scope(text: str) -> str:
    if text.partition(":")[0] not in SCOPES or text.endswith(":") or text.startswith("account:"):
        examples = '"account", "team", "agent", "country:VN", "team:tier-1", "agent:an@example.com"'
        raise UnfitError(
            message("nobody has figures in this scope"), message("for example {examples}", examples=examples)
        )
    return text


def _known_baseline(text: str) -> str:
    if text != PREVIOUS:
        try:
            period_named(text, "UTC")
        except ValueError as error:
            raise UnfitError(
                message("this is no baseline"), message("`previous`, or a period such as 2026-Q2")
            ) from error
    return text


Amount: TypeAlias = Annotated[
    int | float | str,
    WithJsonSchema({"type": ["number", "string"], "examples": [0.7, "70 %", "2h", "-10 %"]}),
]


class Only(Section):
    """The part of the tickets that a target speaks of, in the helpdesk's own words."""

    channel: Line | None = None
    priority: Line | None = None
    segment: Line | None = None
    severity: Line | None = None


class TargetSettings(Section):
    """What was agreed for an indicator: the figure, in which window, whose it is, who owns it, and since when."""

    indicator: Key = Field(description="The indicator's key.")
    scope: Annotated[str, AfterValidator(_known_scope)] = Field(
        description="Whose figure: account, each team or each agent, or one by name.",
        examples=["account", "team", "team:tier-1", "agent:an@example.com"],
    )
    kind: Literal["abs", "rel_change", "point_change"] = Field(
        "abs",
        description="The figure itself, or its change against the baseline: relative, or in the figure's own unit.",
    )
    comparator: Literal["at_least", "at_most", "between"] | None = Field(
        None,
        description="Which figures attain it; by default the way in which the indicator is better. An indicator of "
        "which nobody can say that needs one.",
    )
    value: Amount | tuple[Amount, Amount] = Field(
        description="Times as 2h, shares as 0.7 or 70 %, changes with their sign; of a band its two ends.",
        examples=["2h", "70 %", ["60 %", "85 %"]],
    )
    window: Annotated[str, AfterValidator(_readable_window)] = Field(
        description="Over which time the figure is taken.", examples=["month", "3 months"]
    )
    baseline: Annotated[str, AfterValidator(_known_baseline)] | None = Field(
        None,
        description="What a change is measured against: previous (the window before) or a period.",
        examples=["2026-Q2"],
    )
    min_n: Annotated[int, Field(ge=1)] | None = Field(
        None, description="From how many cases on it judges, where that is more than the figure needs to be shown."
    )
    owner: Line = Field(description="Who answers for it.")
    agreed_by: Line | None = Field(
        None, description="With whom it was agreed: those it is about, or who speaks for them."
    )
    agreed_on: Day | None = Field(None, description="When it was agreed with those it is about.")
    announced_on: Day | None = Field(
        None, description="When it was announced; it judges windows that begin on that day or later, without it none."
    )
    valid_from: Day | None = Field(
        None,
        description="From which day on it holds: it judges windows that begin then or later. Until then another target "
        "for the same figure goes on; without it a target holds from the pass that first reads it.",
    )
    benchmark: Line | None = Field(
        None, description="What makes it reasonable: where the figure comes from, of when, from how many."
    )
    only: Only = Field(Only(), description="Only these tickets.")

    @model_validator(mode="after")
    def _measurable(self) -> "TargetSettings":
        indicator = INDICATORS.get(self.indicator)
        if indicator is None:
            return self  # said where unknown keys are
        self._one_way(indicator)
        changing = TargetKind(self.kind) is not TargetKind.ABS
        if changing == (self.baseline is None):
            reason = message("a change needs a baseline, and only a change has one")
            raise UnfitError(reason, message("`previous`, or a period such as 2026-Q2"), below=("baseline",))
        self._sensible(indicator)
        return self

    def _one_way(self, indicator: Indicator) -> None:
        usual = USUAL.get(indicator.better)
        if (self.comparator == "between") != self._banded and self.comparator is not None:
            raise UnfitError(message("a band has two ends, and only a band has"), _BAND, below=("value",))
        if self._banded and TargetKind(self.kind) is not TargetKind.ABS:
            raise UnfitError(message("a change has one value, and no band"), below=("value",))
        if self._banded:
            return
        if usual is None and self.comparator is None:
            reason = message("nobody can say which way this figure is better")
            raise UnfitError(reason, message("a comparator: at_least, at_most, or a band"), below=("indicator",))
        if usual is not None and self.comparator not in (None, usual):
            allowed = message("{comparator}, or a band", comparator=usual.value)
            raise UnfitError(message("this figure is better the other way"), allowed, below=("comparator",))

    @property
    def _banded(self) -> bool:
        return isinstance(self.value, tuple)

    def _way(self, indicator: Indicator) -> Comparator:
        return Comparator(self.comparator or USUAL[indicator.better])

    def _sensible(self, indicator: Indicator) -> None:
        value, high = self._ends(indicator)
        if high is not None and value >= high:
            raise UnfitError(message("the first end of a band is the lower one"), _BAND, below=("value",))
        rising = not self._banded and self._way(indicator) is Comparator.AT_LEAST
        if TargetKind(self.kind) is not TargetKind.ABS and (value == 0 or (value > 0) != rising):
            allowed = message("more than 0") if rising else message("less than 0")
            raise UnfitError(message("this change is no improvement"), allowed, below=("value",))

    def _ends(self, indicator: Indicator) -> tuple[float, float | None]:
        """Return the value, and of a band its upper end."""
        kind = TargetKind(self.kind)
        if isinstance(self.value, tuple):
            low, high = (amount(indicator, kind, end) for end in self.value)
            return low, high
        return amount(indicator, kind, self.value), None

    def document(self) -> Mapping[str, object]:
        """Return the target as an edition keeps it."""
        found = _WINDOW.fullmatch(self.window)
        count, by = (found[1], found[2]) if found is not None else (None, self.window)
        scope, _, subject = self.scope.partition(":")
        value, high = self._ends(INDICATORS[self.indicator])
        return {
            "indicator": self.indicator,
            "scope": scope,
            "subject": subject or None,
            "kind": self.kind,
            "value": value,
            "windows": int(count or 1),
            "by": PeriodKind(by).value,
            "baseline": self.baseline,
            "owner": self.owner,
            "announced_on": self.announced_on.isoformat() if self.announced_on else None,
            "benchmark": self.benchmark,
            "only": self.only.model_dump(exclude_none=True),
            **self._more(high),
        }

    def _more(self, high: float | None) -> Mapping[str, object]:
        """Return what not every target has: nothing of one that has none of it."""
        told = {
            "comparator": "between" if self._banded else self.comparator,
            "high": high,
            "min_n": self.min_n,
            "agreed_by": self.agreed_by,
            "agreed_on": self.agreed_on.isoformat() if self.agreed_on else None,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def amount(indicator: Indicator, kind: TargetKind, given: float | str) -> float:
    """Return a target's value in its unit: seconds, a share, a number, or the relative change; raises UnfitError."""
    if kind is TargetKind.REL_CHANGE or indicator.unit is Unit.SHARE:
        return _share(given, kind)
    if indicator.unit is Unit.SECONDS:
        return _seconds(given)
    if isinstance(given, str):
        raise UnfitError(message("a number is needed here"), below=("value",))
    return float(given)


def shares(given: Mapping[str, float | str]) -> dict[str, float]:
    """Return shares by name, each 0 or more, perhaps more than 1; raises UnfitError."""
    found = {}
    for name, value in given.items():
        try:
            found[name] = _share(value, TargetKind.REL_CHANGE)
        except UnfitError as error:
            raise UnfitError(error.message, error.allowed, below=(name,)) from None
        if found[name] < 0:
            raise UnfitError(message("this is less than 0"), _SHARES, below=(name,))
    return found


def _share(given: float | str, kind: TargetKind) -> float:
    if isinstance(given, str):
        percent = re.fullmatch(rf"\s*({_NUMBER})\s*%\s*", given)
        if percent is None:
            raise UnfitError(message("this is no share"), _SHARES, below=("value",))
        value = float(percent[1]) / 100
    else:
        value = float(given)
    if (abs(value) > 1 and kind is not TargetKind.REL_CHANGE) or (value < 0 and kind is TargetKind.ABS):
        raise UnfitError(message("a share lies between 0 and 1"), _SHARES, below=("value",))
    if isinstance(given, int) and abs(given) > 1:
        raise UnfitError(
            message("it is not clear whether this is a multiple or a percentage"), _SHARES, below=("value",)
        )
    return value


_BAND = message("for example {examples}", examples='["60 %", "85 %"]')
_SHARES = message("for example {examples}", examples='0.7, "70 %"')


def _seconds(given: float | str) -> float:
    found = re.fullmatch(r"\s*([+-]?)\s*(.*)", given, re.DOTALL) if isinstance(given, str) else None
    if found is None or re.fullmatch(DURATION_PATTERN, found[2]) is None:
        allowed = message("with its unit, for example {examples}", examples='"30m", "2h", "-15m"')
        raise UnfitError(message("this is no length of time"), allowed, below=("value",))
    try:
        return _SIGNS[found[1]] * float(seconds_of(found[2]))
    except DurationError as error:
        raise UnfitError(error.message, error.allowed, below=("value",)) from None


def target_documents(targets: tuple[TargetSettings, ...]) -> list[Mapping[str, object]]:
    """Return the targets of indicators that this version has, as an edition keeps them."""
    return [target.document() for target in targets if target.indicator in INDICATORS]
