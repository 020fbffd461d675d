"""Family F: the customer's voice, in ratings, surveys and complaints."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from kpi_engine.evidence import EXEMPTED, Evidence, Left
from kpi_engine.exclusions import exclusion
from kpi_engine.history import RATING, REQUESTER_RETURNED, DerivedEvent
from kpi_engine.indicators.indicator import (
    Asked,
    Better,
    Indicator,
    Input,
    Interval,
    Parameter,
    Portion,
    Reduction,
    Unit,
)
from kpi_engine.measurement import CreditLine, Holding, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.records import EventKind, FieldValue, Rating, TicketSnapshot
from kpi_engine.rulebook import DONE

BAD, NEUTRAL, GOOD = "bad", "neutral", "good"
_RANKS = {BAD: 0, NEUTRAL: 1, GOOD: 2}
_VERDICT = "satisfaction_rate"
_POSITIVE_FROM = 75
_MIDDLE = 50
_HUNDREDTHS = 100
_NOT_SAID = frozenset({"", "0", "false", "no", "none"})


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
    for states in evidence.once(_states).values():
        if _told(states[-1]):
            found += [Verdict(state, category) for state in states if (category := _category(evidence, state))]
    return sorted(found, key=lambda verdict: (verdict.at, verdict.rating.version, verdict.rating.rating_id))


def _states(evidence: Evidence) -> dict[str, list[Rating]]:
    """Return what is known of each rating by its id, in order of time."""
    states: dict[str, list[Rating]] = {}
    for rating in sorted(evidence.history.ratings, key=attrgetter("at", "version")):
        if rating.at <= evidence.story.as_of:
            states.setdefault(rating.rating_id, []).append(rating)
    return states


def _told(rating: Rating) -> bool:
    return rating.category is not None or rating.score is not None


def _category(evidence: Evidence, rating: Rating) -> str | None:
    """Return the platform's own verdict, else what the score says on its scale; None where neither is there."""
    if rating.category in _RANKS:
        return rating.category
    if rating.score is None or rating.scale is None:
        return None
    low, high = rating.scale
    reached = (rating.score - low) * 100
    if reached >= (high - low) * evidence.number(_VERDICT, "positive_from", _POSITIVE_FROM, at=rating.at):
        return GOOD
    return NEUTRAL if reached >= (high - low) * _MIDDLE else BAD


def _chosen(evidence: Evidence) -> Verdict | None:
    """Return the one verdict of the ticket that counts."""
    found = evidence.once(verdicts)
    if not found or evidence.is_exempt(RATING):
        return None
    policy = evidence.word(_VERDICT, "rating_policy", "latest", at=found[-1].at)
    if policy == "latest":
        return found[-1]
    return found[0] if policy == "first" else min(found, key=attrgetter("rank"))


def _rater(evidence: Evidence, rating: Rating) -> Stamp:
    """Return who a rating is credited to: the assignee when it was given, whoever had the ticket before or after."""
    return evidence.stamp(rating.agent_id or evidence.assignee_at(rating.at), rating.at)


def _satisfaction(key: str, evidence: Evidence) -> Iterator[CreditLine | Omission]:
    chosen = evidence.once(_chosen)
    yield from _passed_over(key, evidence, chosen)
    if chosen is None:
        return
    stamp = _rater(evidence, chosen.rating)
    neutral = evidence.word(_VERDICT, "neutral_votes", "against", at=chosen.at)
    if chosen.category == NEUTRAL and neutral == "ignore":
        yield Left(stamp, "neutral_ignored").out_of(key)
        return
    positive = chosen.category == GOOD or (chosen.category == NEUTRAL and neutral == "for")
    yield CreditLine(key, stamp, int(positive))


def _passed_over(key: str, evidence: Evidence, chosen: Verdict | None) -> Iterator[Omission]:
    """Yield what became of the ratings that do not count."""
    for states in evidence.once(_states).values():
        last = states[-1]
        given = [state for state in states if _told(state)]
        if given and evidence.is_exempt(RATING):
            yield Left(_rater(evidence, given[-1]), EXEMPTED).out_of(key)
        elif given and not _told(last):
            yield Left(_rater(evidence, given[-1]), "rating_withdrawn").out_of(key)
        elif given and _category(evidence, last) is None:
            yield Left(_rater(evidence, last), "scale_unknown").out_of(key)
        elif given and chosen is not None and chosen.rating.rating_id != last.rating_id:
            yield Left(_rater(evidence, last), "other_rating").out_of(key)


def _satisfaction_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    yield from _satisfaction(_VERDICT, evidence)


def _satisfaction_mean(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    chosen = evidence.once(_chosen)
    if chosen is None:
        if evidence.is_exempt(RATING):
            yield from _passed_over("satisfaction_mean", evidence, None)
        return
    key, rating, stamp = "satisfaction_mean", chosen.rating, _rater(evidence, chosen.rating)
    if rating.score is None or rating.scale is None:
        yield Left(stamp, "no_score" if rating.score is None else "scale_unknown").out_of(key)
        return
    yield CreditLine(key, stamp, round(rating.score * _HUNDREDTHS), _HUNDREDTHS, scale_name(rating.scale))


def scale_name(scale: tuple[float, float]) -> str:
    """Return how a scale is called: its ends, such as 1-5."""
    low, high = scale
    return f"{low:g}-{high:g}"


def _changed(key: str, evidence: Evidence, *, better: bool) -> Iterator[CreditLine]:
    found = evidence.once(verdicts)
    if not found or found[0].rank == found[-1].rank or evidence.is_exempt(RATING):
        return
    if (found[-1].rank > found[0].rank) is better:
        yield CreditLine(key, _rater(evidence, found[-1].rating))


def _ratings_improved(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _changed("ratings_improved", evidence, better=True)


def _ratings_worsened(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _changed("ratings_worsened", evidence, better=False)


def _positive(key: str, evidence: Evidence) -> Iterator[CreditLine]:
    chosen = evidence.once(_chosen)
    if chosen is not None and chosen.category == GOOD:
        yield CreditLine(key, _rater(evidence, chosen.rating))


def _positive_feedback(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _positive("positive_feedback", evidence)


def _warranty_satisfaction(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    if _under_warranty(evidence):
        yield from _satisfaction("warranty_satisfaction", evidence)


def _warranty_positive(evidence: Evidence) -> Iterator[CreditLine]:
    if _under_warranty(evidence):
        yield from _positive("warranty_positive", evidence)


def _under_warranty(evidence: Evidence) -> bool:
    chosen = evidence.once(_chosen)
    return chosen is not None and said(evidence.meaning("warranty", chosen.at))


def said(value: FieldValue) -> bool:
    """Tell whether a field or a tag that marks something does mark it: an empty box and a "no" do not."""
    return value is not None and str(value).casefold() not in _NOT_SAID


def offers(evidence: Evidence) -> list[int]:
    """Return when surveys were sent: what the history tells; else what the ratings tell of themselves."""
    as_of = evidence.story.as_of
    heard = (event for event in evidence.history.events if event.at <= as_of)
    sent = {event.at for event in heard if event.kind is EventKind.SURVEY_OFFERED}
    if not sent:
        sent = {at for states in evidence.once(_states).values() if (at := _offered_at(states)) is not None}
    return sorted(at for at in sent if at <= as_of)


def _offered_at(states: Sequence[Rating]) -> int | None:
    known = next((state.offered_at for state in states if state.offered_at is not None), None)
    # A rating that begins without a verdict begins with the question.
    return states[0].at if known is None and not _told(states[0]) else known


def _survey_response_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    sent, given = evidence.once(offers), [verdict.at for verdict in evidence.once(verdicts)]
    answered = {bisect_right(sent, at) - 1 for at in given}  # each belongs to the last survey sent before it
    for position, at in enumerate(sent):
        yield CreditLine("survey_response_rate", evidence.holder(at), int(position in answered))
    if given and -1 in answered:
        yield Left(evidence.holder(given[0]), "survey_unknown").out_of("survey_response_rate")


def _survey_coverage(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        asked = bool(evidence.once(offers) or evidence.once(verdicts))
        yield CreditLine("survey_coverage", evidence.solver(solve), int(asked))


def _complaints(evidence: Evidence) -> Iterator[CreditLine]:
    ticket = evidence.story.ticket
    if _complains(evidence, ticket):
        stamp = evidence.stamp(_named(evidence, ticket), evidence.opened_at)
        yield CreditLine("complaints", stamp, part=_matter(evidence, ticket))


def _complaints_attributed(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    key, ticket = "complaints_attributed", evidence.story.ticket
    for complaint, stamp in evidence.once(_attributed):
        yield CreditLine(key, stamp, part=_matter(evidence, complaint))
    if _complains(evidence, ticket) and _named(evidence, ticket) is None:
        reason = "other_cause" if _caused_elsewhere(evidence, ticket) else "no_agent_named"
        yield Left(evidence.stamp(None, evidence.opened_at), reason).out_of(key)


def _complaint_rate(evidence: Evidence) -> Iterator[CreditLine]:
    for complaint, stamp in evidence.once(_attributed):
        if complaint.requester_id is not None:
            yield CreditLine("complaint_rate", stamp, part=complaint.requester_id)


def _customers_held(holding: Holding, asked: Asked) -> Iterator[Portion]:
    if holding.requester is not None:
        yield Portion(max(holding.start, asked.start), numerator=0, part=holding.requester)


def _attributed(evidence: Evidence) -> list[tuple[TicketSnapshot, Stamp]]:
    """Return the complaints an agent answers for, with who: this ticket, and the one that followed on it."""
    ticket, found = evidence.story.ticket, []
    agent = _named(evidence, ticket) if _complains(evidence, ticket) else None
    if agent is not None:
        found.append((ticket, evidence.stamp(agent, ticket.created_at)))
    followed = _followed_by(evidence)
    if followed is not None and _complains(evidence, followed):
        solver = _solver_before(evidence, followed.created_at)
        settled = _named(evidence, followed) is not None or _caused_elsewhere(evidence, followed)
        if solver is not None and not settled:
            found.append((followed, _stamp_of(evidence, followed, solver)))
    return found


def _stamp_of(evidence: Evidence, complaint: TicketSnapshot, solver: str) -> Stamp:
    """Return the stamp of a complaint that is another ticket than the one that answers for it."""
    stamp = evidence.stamp(solver, complaint.created_at)
    return stamp._replace(ticket_id=complaint.ticket_id, channel=complaint.channel, priority=complaint.priority)


def _followed_by(evidence: Evidence) -> TicketSnapshot | None:
    """Return the requester's next ticket: a complaint is linked to the last one before it and to no other."""
    if not any("complaint" in meanings.fields for meanings in evidence.rulebook.meanings.values):
        return None
    returns = [event for event in evidence.history.derived if _counts(event, evidence)]
    first = min(returns, key=lambda event: (event.at, event.cause_ticket_id), default=None)
    return first.cause if first is not None else None


def _counts(event: DerivedEvent, evidence: Evidence) -> bool:
    if event.kind != REQUESTER_RETURNED or event.at > evidence.story.as_of:
        return False
    return exclusion(event.cause, evidence.rulebook.meanings.at(event.at)) is None


def _solver_before(evidence: Evidence, at: int) -> str | None:
    """Return who solved the ticket last before `at`."""
    solver, done = None, False
    for step in evidence.story.steps:
        now_done = step.state.status in DONE
        if now_done and not done and step.at <= at:
            solver = evidence.assignee_at(step.at)
        done = now_done
    return solver


def _complains(evidence: Evidence, ticket: TicketSnapshot) -> bool:
    return said(evidence.meaning("complaint", ticket.created_at, ticket))


def _named(evidence: Evidence, complaint: TicketSnapshot) -> str | None:
    """Return the agent whom the ticket's field names, by id, e-mail or name; None where nobody or several fit."""
    at = complaint.created_at
    value = evidence.meaning("responsible_agent", at, complaint)
    agents = evidence.rulebook.agents
    if value is None or str(value) in agents:
        return None if value is None else str(value)
    wanted = str(value).casefold()
    people = ((key, line.at(at)) for key, line in agents.items())
    found = [key for key, person in people if wanted in (person.name.casefold(), (person.email or "").casefold())]
    return found[0] if len(found) == 1 else None


def _caused_elsewhere(evidence: Evidence, complaint: TicketSnapshot) -> bool:
    """Tell whether the complaint's cause is known to be no agent: the product, a policy, a carrier, the customer."""
    cause = evidence.meaning("complaint_cause", complaint.created_at, complaint)
    return cause is not None and str(cause).casefold() != "agent"


def _matter(evidence: Evidence, complaint: TicketSnapshot) -> str | None:
    """Return what a complaint is about: its cause, else its topic."""
    at = complaint.created_at
    found = (evidence.meaning(name, at, complaint) for name in ("complaint_cause", "topic"))
    return next((str(value) for value in found if value is not None), None)


_RATED = frozenset({Input.TICKETS, Input.RATINGS})
_COMPLAINED = frozenset({Input.TICKETS, Input.HISTORY, Input.COMPLAINT})

_SATISFACTION = Indicator(
    key=_VERDICT,
    catalogue="csat_pct",
    name=message("Satisfaction rate"),
    formula=message("tickets rated good divided by tickets rated; one verdict a ticket"),
    stamp=message("when the rating was given"),
    credit=message("the assignee at rating time"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    lines=_satisfaction_rate,
    needs=_RATED,
    parameters=(
        Parameter(
            name="rating_policy",
            default="latest",
            allowed=("latest", "first", "worst"),
            why=message(
                "A customer who changes his mind means the last thing he said, and Zendesk shows that too. `first` "
                "keeps what he felt before anybody talked to him about it, `worst` hides no bad one. All indicators "
                "of the customer's voice use it."
            ),
        ),
        Parameter(
            name="neutral_votes",
            default="against",
            allowed=("against", "ignore", "for"),
            why=message(
                "The rate is the share of the satisfied among all who answered, so a neutral vote counts against. "
                "Nicereply used to count it for and now counts it against; Zendesk's two-point survey has none."
            ),
        ),
        Parameter(
            name="positive_from",
            default=_POSITIVE_FROM,
            least=1,
            most=100,
            why=message(
                "In per cent of the scale, where the platform does not say itself what is good: 75 makes 4 and 5 of "
                "5 good, 3 of 3 and 8 of 10, as Front, Gorgias and Nicereply do. Half of the scale and above is "
                "neutral, less is bad; Zendesk's own verdict, where 3 of 5 is bad, goes before."
            ),
        ),
    ),
)

_POSITIVE_COUNT = replace(
    _SATISFACTION,
    key="positive_feedback",
    catalogue="positive_cnt",
    name=message("Positive feedback"),
    formula=message("number of tickets rated good; one verdict a ticket"),
    unit=Unit.TICKETS,
    reduction=Reduction.COUNT,
    interval=Interval.NONE,
    min_n=1,
    lines=_positive_feedback,
    additive=True,
    parameters=(),
)

_COMPLAINTS = Indicator(
    key="complaints",
    catalogue="complaints",
    name=message("Complaints"),
    formula=message("number of tickets marked as complaints"),
    stamp=message("when the complaint is created"),
    credit=message("the responsible agent whom the ticket names, else nobody: never who handles the complaint"),
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.COUNT,
    lines=_complaints,
    needs=_COMPLAINED,
    additive=True,
)

_RESPONSIBLE = message(
    "the responsible agent whom the ticket names; else, unless its cause lies elsewhere, who solved the requester's "
    "ticket before it"
)

INDICATORS = (
    _SATISFACTION,
    replace(
        _SATISFACTION,
        key="satisfaction_mean",
        catalogue="csat_mean",
        name=message("Mean satisfaction"),
        formula=message("mean of the scores, one a ticket; each scale is a series of its own, the newest is shown"),
        unit=Unit.POINTS,
        reduction=Reduction.SERIES_MEAN,
        interval=Interval.NONE,
        lines=_satisfaction_mean,
        parameters=(),
    ),
    replace(
        _POSITIVE_COUNT,
        key="ratings_improved",
        catalogue="csat_change (bad to good)",
        name=message("Ratings improved"),
        formula=message("number of tickets whose last verdict is better than their first"),
        stamp=message("the last verdict"),
        lines=_ratings_improved,
    ),
    replace(
        _POSITIVE_COUNT,
        key="ratings_worsened",
        catalogue="csat_change (good to bad)",
        name=message("Ratings worsened"),
        formula=message("number of tickets whose last verdict is worse than their first"),
        stamp=message("the last verdict"),
        better=Better.LOWER,
        lines=_ratings_worsened,
    ),
    replace(
        _SATISFACTION,
        key="survey_response_rate",
        catalogue="resp_rate",
        name=message("Survey response rate"),
        formula=message("surveys answered divided by surveys sent"),
        stamp=message("when the survey was sent"),
        credit=message("the assignee when the survey was sent"),
        lines=_survey_response_rate,
        parameters=(),
    ),
    replace(
        _SATISFACTION,
        key="survey_coverage",
        catalogue="coverage",
        name=message("Survey coverage"),
        formula=message("solved tickets whose customer was sent a survey divided by solved tickets"),
        stamp=message("the last solve, while it stands"),
        credit=message("the assignee at that solve"),
        lines=_survey_coverage,
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.RATINGS}),
        parameters=(),
    ),
    _POSITIVE_COUNT,
    _COMPLAINTS,
    replace(
        _COMPLAINTS,
        key="complaints_attributed",
        catalogue="complaints (attributed)",
        name=message("Complaints attributed"),
        formula=message("number of tickets marked as complaints that an agent answers for"),
        credit=_RESPONSIBLE,
        lines=_complaints_attributed,
    ),
    replace(
        _COMPLAINTS,
        key="complaint_rate",
        catalogue="complaint_rate",
        name=message("Complaint rate"),
        formula=message(
            "different customers with a complaint the agent answers for divided by the different customers whose "
            "tickets he held or who complained"
        ),
        stamp=message("when the complaint is created; customers held at any time of the period"),
        credit=_RESPONSIBLE,
        unit=Unit.SHARE,
        reduction=Reduction.DISTINCT_RATIO,
        interval=Interval.WILSON,
        min_n=10,
        lines=_complaint_rate,
        over_period=_customers_held,
        additive=False,
    ),
    replace(
        _SATISFACTION,
        key="warranty_satisfaction",
        catalogue="warranty_csat",
        name=message("Warranty satisfaction rate"),
        formula=message("warranty tickets rated good divided by warranty tickets rated; one verdict a ticket"),
        lines=_warranty_satisfaction,
        needs=_RATED | {Input.WARRANTY},
        parameters=(),
    ),
    replace(
        _POSITIVE_COUNT,
        key="warranty_positive",
        catalogue="warranty_csat (count)",
        name=message("Positive warranty feedback"),
        formula=message("number of warranty tickets rated good; one verdict a ticket"),
        lines=_warranty_positive,
        needs=_RATED | {Input.WARRANTY},
    ),
)
