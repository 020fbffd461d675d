"""What ratings mean: from a field of the case, from that field's tracked changes, from answers to a survey."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.salesforce import payloads
from connectors.salesforce.sense import Sense
from connectors.salesforce.values import score
from connectors.scalars import number
from kpi_engine.records import Rating, TicketSnapshot


def rating(row: object, sense: Sense) -> list[Rating]:
    """Return the rating that a case's field shows: it was given by the row's last change, at some time of its life."""
    read = payloads.Case.model_validate(row)
    at = read.last_modified_date or read.system_modstamp
    found = _rating(read.id, at, (read.model_extra or {}).get(sense.csat or ""), sense)
    return [replace(found, since=read.created_date) if read.created_date < at else found]


def tracked_rating(row: object, sense: Sense) -> list[Rating]:
    """Return the rating that a tracked change of the field tells, to the second; an emptied one is withdrawn."""
    read = payloads.CaseHistory.model_validate(row)
    return [_rating(read.case_id, read.created_date, read.new_value, sense)] if read.field == sense.csat else []


def _rating(case_id: str, at: int, shown: object, sense: Sense) -> Rating:
    return Rating(
        ticket_id=case_id,
        rating_id=f"{case_id}:csat",
        at=at,
        version=at,
        category=None,
        score=score(shown, sense.scale),
        scale=sense.scale,
        agent_id=None,
        group_id=None,
    )


def unseen_rating(ticket: TicketSnapshot, ratings: Sequence[Rating]) -> bool:
    """Tell whether a case shows another score than the newest rating we have of it."""
    newest = max(ratings, key=lambda one: one.version, default=None)
    shown = number(ticket.survey)
    return shown != (newest.score if newest is not None else None)


def survey_answer(row: object, cases: Mapping[str, str], sense: Sense) -> list[Rating]:
    """Return an answer as a rating of the case the survey was about; `cases` are those by invitation and response."""
    read = payloads.SurveyAnswer.model_validate(row)
    about = cases.get(read.response.invitation_id or "") or cases.get(read.response_id or "")
    if about is None:
        return []
    at = read.response.completion_date_time or read.created_date
    shown = next((value for value in (read.number_value, read.choice_value, read.response_value) if value), None)
    return [
        Rating(
            ticket_id=about,
            rating_id=read.id,
            at=at,
            version=read.system_modstamp,
            category=None,
            score=score(shown, sense.scale),
            scale=sense.scale,
            agent_id=None,
            group_id=None,
        )
    ]
