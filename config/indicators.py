"""What may be said about an indicator: on or off, its least number of cases, and the parameters its table declares."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from config.problems import Finding, Path
from connectors.settings import Section
from kpi_engine.durations import DURATION_PATTERN, DurationError, seconds_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Parameter
from kpi_engine.message import Message, message

Value = str | int
_UNITS = ((86_400, "days"), (3_600, "h"), (60, "m"), (1, "s"))


class IndicatorSettings(Section):
    """Whether an indicator is shown, from how many cases on, and its own parameters."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})
    __pydantic_extra__: dict[str, Value] = Field(init=False)

    on: bool = Field(default=True, description="Whether it is computed into scorecards, summaries and exports.")
    min_n: int | None = Field(None, ge=1, description="Below so many tickets or ratings the figure is not shown.")

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters given, as they are written."""
        return dict(self.__pydantic_extra__)


def indicators_schema() -> dict[str, Any]:
    """Return the JSON Schema of the indicators that have parameters, by key."""
    return {"properties": {key: _schema(key) for key, indicator in INDICATORS.items() if indicator.parameters}}


def _schema(key: str) -> dict[str, Any]:
    common = IndicatorSettings.model_json_schema()
    own = {parameter.name: _parameter_schema(parameter) for parameter in INDICATORS[key].parameters}
    return {"type": "object", "properties": {**common["properties"], **own}, "additionalProperties": False}


def _parameter_schema(parameter: Parameter) -> dict[str, Any]:
    about = {"description": str(parameter.why)}
    if parameter.allowed:
        return {"type": "string", "enum": list(parameter.allowed), "default": parameter.default, **about}
    if parameter.duration:
        default = duration_text(int(parameter.default))
        return {"type": "string", "pattern": DURATION_PATTERN, "examples": [default], "default": default, **about}
    bounds = {"minimum": parameter.least, "maximum": parameter.most}
    told = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"type": "integer", **told, "default": parameter.default, **about}


def duration_text(seconds: int) -> str:
    """Return a length of time as the configuration has it, in its largest whole unit: "7 days", "36h"."""
    size, unit = next(each for each in _UNITS if seconds % each[0] == 0)
    return f"{seconds // size} {unit}" if unit == "days" else f"{seconds // size}{unit}"


def parameters(settings: Mapping[str, IndicatorSettings]) -> dict[str, dict[str, Value]]:
    """Return the parameters given, by indicator and name, durations in seconds."""
    return {key: _read(key, chosen.parameters) for key, chosen in settings.items() if chosen.parameters}


def _read(key: str, given: Mapping[str, Value]) -> dict[str, Value]:
    durations = {parameter.name for parameter in INDICATORS[key].parameters if parameter.duration}
    return {name: seconds_of(str(value)) if name in durations else value for name, value in given.items()}


def misfit_durations(value: object) -> Iterator[Finding]:
    """Yield what is wrong with durations among the parameters of a configuration's indicators."""
    given = value.get("indicators") if isinstance(value, Mapping) else None
    for key, indicator in INDICATORS.items():
        chosen = given.get(key) if isinstance(given, Mapping) else None
        for parameter in indicator.parameters:
            text = chosen.get(parameter.name) if isinstance(chosen, Mapping) else None
            if parameter.duration and isinstance(text, str):
                yield from _misfit(("indicators", key, parameter.name), text, parameter)


def _misfit(path: Path, text: str, parameter: Parameter) -> Iterator[Finding]:
    try:
        seconds = seconds_of(text)
    except DurationError as error:
        yield Finding(path, error.message, error.allowed)
        return
    if seconds < parameter.least or (parameter.most is not None and seconds > parameter.most):
        yield Finding(path, message("this length of time is out of range"), _range(parameter))


def _range(parameter: Parameter) -> Message:
    least = duration_text(parameter.least)
    if parameter.most is None:
        return message("{lowest} or more", lowest=least)
    return message("from {lowest} to {highest}", lowest=least, highest=duration_text(parameter.most))
