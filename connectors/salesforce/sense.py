"""What is needed to understand rows: our fields, the mapped ones, the org's own words for statuses and priorities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kpi_engine.records import CustomStatus

PRIORITIES = {
    "low": "low",
    "medium": "normal",
    "normal": "normal",
    "high": "high",
    "critical": "urgent",
    "urgent": "urgent",
}
"""What the usual priorities mean, in whatever case they are written."""


@dataclass(frozen=True, slots=True)
class Sense:
    """What is needed to understand rows: our fields and the mapped ones, what statuses and priorities mean.

    `ours` are our keys by API name; `statuses` are the org's, by API name and by label; `own_key` is the field that
    marks our summary cases; `csat` and `scale` tell where ratings stand; `mails`: mails are rows of their own.
    `call_results` are the results of logged calls in our words, `voice` is how the ids of calls begin where those of
    Salesforce Voice are read.
    """

    ours: Mapping[str, str] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    statuses: Mapping[str, CustomStatus] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    own_key: str = ""
    csat: str | None = None
    scale: tuple[float, float] = (1, 5)
    mails: bool = True
    holidays: tuple[tuple[str, str], ...] = ()
    call_results: Mapping[str, str] = field(default_factory=dict)
    voice: str | None = None


def status_of(word: str | None, sense: Sense) -> CustomStatus:
    """Return the status a row names, by API name or by label; one the org no longer has keeps its word."""
    known = sense.statuses.get(word or "")
    return known or CustomStatus(custom_status_id=word or "", label=word or "", status=word or "", active=False)


def priority(word: str | None, sense: Sense) -> str | None:
    """Return a priority in our words; one that nobody explained stays as it is."""
    if not word:
        return None
    return sense.priorities.get(word) or PRIORITIES.get(word.casefold(), word)


def by_word(statuses: Sequence[CustomStatus]) -> dict[str, CustomStatus]:
    """Return statuses by API name, and by label where no API name is the same word."""
    return {each.label: each for each in statuses} | {each.custom_status_id: each for each in statuses}
