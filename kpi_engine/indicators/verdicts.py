"""What customers' ratings of one ticket say: every verdict, the one that counts, and whom it is credited to."""

from dataclasses import dataclass
from operator import attrgetter

from kpi_engine.evidence import Evidence
from kpi_engine.history import RATING
from kpi_engine.measurement import Stamp
from kpi_engine.records import Rating

BAD, NEUTRAL, GOOD = "bad", "neutral", "good"
_RANKS = {BAD: 0, NEUTRAL: 1, GOOD: 2}
RULES = "satisfaction_rate"
"""The indicator whose parameters rule all that ratings say."""

POSITIVE_FROM = 75
_MIDDLE = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """One state of a rating that says something: good, neutral or bad."""

    rating: Rating
    category: str

    @property
    def at(self) -> int:
        """When it was given."""
        return self.rating.at

    @property
    def rank(self) -> int:
        """The better, the higher."""
        return _RANKS[self.category]


def verdicts(evidence: Evidence) -> list[Verdict]:
    """Return, in order of time, every verdict of the ticket's ratings that were not withdrawn, earlier ones too."""
    found = []
    for states in evidence.once(states_of).values():
        if is_told(states[-1]):
            found += [Verdict(state, category) for state in states if (category := category_of(evidence, state))]
    return sorted(found, key=lambda verdict: (verdict.at, verdict.rating.version, verdict.rating.rating_id))


def states_of(evidence: Evidence) -> dict[str, list[Rating]]:
    """Return what is known of each rating by its id, in order of time."""
    states: dict[str, list[Rating]] = {}
    for rating in sorted(evidence.history.ratings, key=attrgetter("at", "version")):
        if rating.at <= evidence.story.as_of:
            states.setdefault(rating.rating_id, []).append(rating)
    return states


def is_told(rating: Rating) -> bool:
    """Tell whether a state of a rating holds an answer: an offer and a withdrawal do not."""
    return rating.category is not None or rating.score is not None


def category_of(evidence: Evidence, rating: Rating) -> str | None:
    """Return the platform's own verdict, else what the score says on its scale; None where neither is there."""
    if rating.category in _RANKS:
        return rating.category
    if rating.score is None or rating.scale is None:
        return None
    low, high = rating.scale
    reached = (rating.score - low) * 100
    if reached >= (high - low) * evidence.number(RULES, "positive_from", POSITIVE_FROM, at=rating.at):
        return GOOD
    return NEUTRAL if reached >= (high - low) * _MIDDLE else BAD


def counted(evidence: Evidence) -> Verdict | None:
    """Return the one verdict of the ticket that counts."""
    found = evidence.once(verdicts)
    if not found or evidence.is_exempt(RATING):
        return None
    policy = evidence.word(RULES, "rating_policy", "latest", at=found[-1].at)
    if policy == "latest":
        return found[-1]
    return found[0] if policy == "first" else min(found, key=attrgetter("rank"))


def rater(evidence: Evidence, rating: Rating) -> Stamp:
    """Return who a rating is credited to: the assignee when it was given, whoever had the ticket before or after."""
    return evidence.stamp(rating.agent_id or evidence.assignee_at(rating.at), rating.at)


def scale_name(scale: tuple[float, float]) -> str:
    """Return how a scale is called: its ends, such as 1-5."""
    low, high = scale
    return f"{low:g}-{high:g}"


def scale_of(name: str) -> tuple[float, float]:
    """Return the ends of a scale that is called so."""
    low, _, high = name[1:].partition("-")  # the first sign may be that of a number
    return float(name[:1] + low), float(high)
