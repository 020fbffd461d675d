"""Each demand of the users' own material has a figure in the demo's world, or names the input that is missing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from config import Settings
from config.inputs import Inputs
from config.meanings import Fields
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.cli import COMMANDS
from sync.demands import DEMANDS
from sync.figures import reduced_in, source

if TYPE_CHECKING:
    from tests.sync.conftest import Played

PARTS: Mapping[str, type[Fields | Inputs]] = {"fields": Fields, "inputs": Inputs}


def test_every_demand_is_answered_by_a_figure_or_names_what_is_missing(played: "Played") -> None:
    account, as_of = played.world.account, played.third.as_of or 0
    asked = source(account, period_at(PeriodKind.MONTH, "Asia/Ho_Chi_Minh", as_of), as_of)
    found = reduced_in(asked, (Scope.ACCOUNT, Scope.AGENT, Scope.TEAM)).values()
    told = {
        key
        for each in found
        for card in each.scorecards.values()
        for key, cell in card.items()
        if cell.value is not None
    }
    wanted = {key for demand in DEMANDS for key in demand.indicators}
    assert wanted <= INDICATORS.keys()
    fields = account.settings.fields
    unmapped = {f"fields.{name}" for name in Fields.model_fields if not getattr(fields, name)}
    named = {key for demand in DEMANDS if unmapped.intersection(demand.features) for key in demand.indicators}
    assert wanted - told - asked.missing.keys() - named == set()
    assert len(wanted & told) > 15
    assert all(str(asked.missing[key]) for key in wanted & asked.missing.keys())


def test_every_feature_that_answers_a_demand_is_there() -> None:
    for demand in DEMANDS:
        assert demand.indicators or demand.features, demand.words
        for feature in demand.features:
            place, _, name = feature.replace(":", ".").partition(".")
            known = COMMANDS if place == "command" else PARTS[place].model_fields if name else Settings.model_fields
            assert (name or place) in known, feature


def test_all_five_sources_are_heard() -> None:
    counts = {source: sum(demand.source == source for demand in DEMANDS) for source in ("S0", "S1", "S2", "S3", "S4")}
    assert min(counts.values()) >= 6
    assert sum(counts.values()) == len(DEMANDS)
