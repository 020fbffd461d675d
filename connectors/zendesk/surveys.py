"""The newer satisfaction surveys: how a response and its answers become a rating."""

from collections.abc import Iterable

from connectors.scalars import number
from connectors.values import FollowedFields
from connectors.zendesk import payloads
from connectors.zendesk.payloads import Answer
from kpi_engine.records import Rating

_CATEGORIES = frozenset({"good", "neutral", "bad"})


def survey_response(row: object, _: FollowedFields) -> list[Rating]:
    """Return a survey response as a rating of its ticket: the answer on a scale, by Zendesk's own category.

    Open, closed and skipped questions have no verdict. A response names no agent: who had the ticket then, its
    history tells; and it does not say how long its scale is. An answer may be edited for a while, at `updated_at`.
    https://developer.zendesk.com/api-reference/ticketing/ticket-management/csat_survey_responses/
    """
    read = payloads.SurveyResponse.model_validate(row)
    ticket_id = _ticket_id(read)
    rated = next((answer for answer in read.answers if answer.type == "rating_scale"), None)
    changed_at = _last_change(read.answers if rated is None else [rated])
    if ticket_id is None or changed_at is None:
        return []  # about a conversation, or nobody has looked at it yet
    category = None if rated is None else rated.rating_category
    return [
        Rating(
            ticket_id=ticket_id,
            rating_id=read.id,
            at=changed_at,
            version=changed_at,
            category=category if category in _CATEGORIES else None,
            score=None if rated is None else number(rated.rating),
            scale=None,
            agent_id=None,
            group_id=None,
        )
    ]


def _last_change(answers: Iterable[Answer]) -> int | None:
    instants = [at for answer in answers for at in (answer.created_at, answer.updated_at) if at is not None]
    return max(instants, default=None)


def _ticket_id(read: payloads.SurveyResponse) -> str | None:
    """Return the ticket a response is about: "zen:ticket:123", by itself or as an object."""
    named = [f"zen:{subject.get('type')}:{subject.get('id')}" for subject in read.subjects]
    places = [name.split(":") for name in [*named, *read.subject_zrns]]
    return next((place[2] for place in places if len(place) == 3 and place[1] == "ticket"), None)  # noqa: PLR2004 -- zen, ticket, its id
