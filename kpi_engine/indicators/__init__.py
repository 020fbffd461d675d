"""The indicators, one table a family."""

from collections.abc import Mapping

from kpi_engine.indicators import overdue, resolution, responsiveness, voice, volume
from kpi_engine.indicators.indicator import Indicator

INDICATORS: Mapping[str, Indicator] = {
    indicator.key: indicator
    for family in (volume, responsiveness, resolution, overdue, voice)
    for indicator in family.INDICATORS
}
