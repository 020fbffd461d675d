"""The scorecard of each role: blocks with weights, what counts in them, and the grades it may come to."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from config.targets import Amount, shares
from connectors.settings import Key, Line, Section, Slug, UnfitError
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message

GRADES: Mapping[str, float] = {"A": 1.0, "B": 0.9, "C": 0.75, "D": 0.0}
"""The grades, and the attainment from which each is given, where a scorecard names none of its own."""

Weight: TypeAlias = Annotated[int | float, WithJsonSchema({"type": "number", "minimum": 0})]
Role: TypeAlias = Slug


Title: TypeAlias = Line | dict[Literal["en", "vi"], Line]
_TITLED: Final = 'How readers see it called, in one word for all or by language: {vi: "Hiệu quả bán hàng", en: Sales}.'


class Block(Section):
    """A part of a scorecard."""

    on: bool = True
    title: Title | None = Field(None, description=_TITLED)
    weight: Weight = Field(1, description="How much it counts beside the other blocks.", ge=0)
    indicators: tuple[Key, ...] | dict[Key, Weight] = Field(
        (), description="What counts in it: a list, all alike, or each with its weight inside the block."
    )

    @property
    def weighed(self) -> dict[str, float]:
        """The indicators with their weights."""
        if isinstance(self.indicators, dict):
            return {key: float(weight) for key, weight in self.indicators.items()}
        return dict.fromkeys(self.indicators, 1.0)


class Scorecard(Section):
    """A role's scorecard, block by block."""

    title: Title | None = Field(None, description=_TITLED)
    teams: tuple[Line, ...] = Field(
        (), description="The teams whose people have this role; none: everybody whom no other role names."
    )
    blocks: dict[str, Block] = Field(min_length=1, description="Its parts, by name.")
    grades: dict[str, Amount] = Field(
        dict(GRADES), min_length=1, description="The attainment from which each grade is given; the last begins at 0."
    )

    @field_validator("grades")
    @classmethod
    def _ending(cls, value: dict[str, float | str]) -> dict[str, float | str]:
        starts = shares(value)
        if min(starts.values()) != 0:
            raise UnfitError(message("the last grade begins at 0, for everybody has one"), message("0"))
        if len(set(starts.values())) < len(starts):
            raise UnfitError(message("two grades begin at the same attainment"))
        return value

    @model_validator(mode="after")
    def _weighable(self) -> "Scorecard":
        counted = [key for block in self.blocks.values() for key in block.weighed]
        for name, block in self.blocks.items():
            for key, weight in block.weighed.items():
                if weight < 0 or counted.count(key) > 1:
                    raise UnfitError(_misweighed(key, weight), below=("blocks", name, "indicators"))
        return self

    def document(self) -> Mapping[str, object]:
        """Return the scorecard as an edition keeps it: what is switched off is left out."""
        blocks = [
            {
                "name": name,
                "weight": float(block.weight),
                "indicators": _known(block.weighed),
                **_titles(block.title),
            }
            for name, block in self.blocks.items()
            if block.on
        ]
        return {"teams": list(self.teams), "blocks": blocks, "grades": shares(self.grades), **_titles(self.title)}


def _titles(title: Title | None) -> Mapping[str, object]:
    """Return a title by language as an edition keeps it; nothing where there is none."""
    if title is None:
        return {}
    return {"titles": dict.fromkeys(("en", "vi"), title) if isinstance(title, str) else dict(title)}


def _misweighed(key: str, weight: float) -> Message:
    if weight < 0:
        return message("the weight of {key} is less than 0", key=key)
    return message("{key} counts twice", key=key)


def _known(weighed: Mapping[str, float]) -> dict[str, float]:
    return {key: weight for key, weight in weighed.items() if key in INDICATORS}


def scorecard_documents(scorecards: Mapping[str, Scorecard]) -> dict[str, Mapping[str, object]]:
    """Return the scorecards as an edition keeps them, by role."""
    return {role: scorecard.document() for role, scorecard in scorecards.items()}


def lint(scorecards: Mapping[str, Scorecard], agreed: set[str]) -> Iterator[Message]:
    """Yield what makes a scorecard less than it could be, given the indicators that have a target."""
    for role, scorecard in scorecards.items():
        for name, block in ((name, each) for name, each in scorecard.blocks.items() if each.on):
            if not block.weighed:
                yield message("the block {block} of the scorecard {role} counts nothing", block=name, role=role)
            for key in (each for each in block.weighed if each not in agreed):
                yield message(
                    "the scorecard {role} counts {indicator}, for which targets agree on nothing: nobody can attain it",
                    role=role,
                    indicator=key,
                )
