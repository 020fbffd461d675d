"""Each demand of the users' own material names what answers it; that its figures are there: `test_demo.py`."""

from collections.abc import Mapping

from config import Settings
from config.inputs import Inputs
from config.meanings import Fields
from kpi_engine.indicators import INDICATORS
from sync.cli import COMMANDS
from sync.demands import DEMANDS

PARTS: Mapping[str, type[Fields | Inputs]] = {"fields": Fields, "inputs": Inputs}


def test_every_feature_that_answers_a_demand_is_there() -> None:
    for demand in DEMANDS:
        assert demand.indicators or demand.features, demand.words
        assert set(demand.indicators) <= INDICATORS.keys()
        for feature in demand.features:
            place, _, name = feature.replace(":", ".").partition(".")
            known = COMMANDS if place == "command" else PARTS[place].model_fields if name else Settings.model_fields
            assert (name or place) in known, feature


def test_all_five_sources_are_heard() -> None:
    counts = {source: sum(demand.source == source for demand in DEMANDS) for source in ("S0", "S1", "S2", "S3", "S4")}
    assert min(counts.values()) >= 6
    assert sum(counts.values()) == len(DEMANDS)
