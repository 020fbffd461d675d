"""The newer satisfaction surveys and their answers."""

from werkzeug.wrappers import Response

from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import PAGING, Call, Route, paged
from connectors.sandbox.zendesk.records import Survey
from connectors.sandbox.zendesk.rows import iso
from connectors.sandbox.zendesk.state import State

OPEN_FOR = 30 * 86_400
QUESTION: Row = {"id": "01GFYBENPDGN1R6NAA4WRDNVFR", "type": "rating_scale_numeric", "alias": "customer satisfaction"}
REASON: Row = {"id": "01GFYBENPDGN1R6NAA4WRDNVFS", "type": "open_ended", "alias": "comment"}


def responses(call: Call) -> Response:
    """Answer the surveys sent between two instants, about the wanted tickets where any are named; newest first."""
    since = call.number("filter[created_at_start]") or 0
    until = call.number("filter[created_at_end]")
    wanted = {name for name in (call.text("filter[subject_zrns]") or "").split(",") if name}
    found = [
        survey
        for survey in call.state.surveys.values()
        if survey.offered_at >= since
        and (until is None or survey.offered_at <= until)
        and (not wanted or f"zen:ticket:{survey.ticket_id}" in wanted)
    ]
    return paged(call, "survey_responses", list(enumerate(reversed(found))), survey_row)


def survey_row(survey: Survey) -> Row:
    """Return a survey with its answers: a scale and a comment, each perhaps skipped."""
    zrn = f"zen:ticket:{survey.ticket_id}"
    return {
        "id": survey.id,
        "expires_at": iso(survey.offered_at + OPEN_FOR),
        "responder_id": survey.responder_id,
        "survey": {"id": "01GS0000000000000000000000", "version": 1, "state": "ENABLED"},
        "subject_zrns": [zrn],
        "subjects": [{"id": str(survey.ticket_id), "type": "ticket", "zrn": zrn}],
        "answers": [] if survey.answered_at is None else [_scale(survey), _comment(survey)],
    }


def _dated(survey: Survey) -> Row:
    return {
        "created_at": iso(survey.answered_at or survey.offered_at),
        "updated_at": iso(survey.edited_at or survey.offered_at),
    }


def _scale(survey: Survey) -> Row:
    if survey.rating is None:
        return {"type": "skipped", "question": QUESTION, **_dated(survey)}
    rated: Row = {"rating": survey.rating, "rating_category": survey.category}
    return {"type": "rating_scale", **rated, "question": QUESTION, **_dated(survey)}


def _comment(survey: Survey) -> Row:
    if survey.words is None:
        return {"type": "skipped", "question": REASON, **_dated(survey)}
    return {"type": "open_ended", "value": survey.words, "question": REASON, **_dated(survey)}


def shown_on_ticket(state: State, ticket_id: int) -> Row:
    """Return what the ticket shows of its survey: the verdict as good or bad, where there is one."""
    survey = state.surveys.get(ticket_id)
    if survey is None:
        return {"score": "unoffered"}
    if survey.category is None:
        return {"score": "offered"}
    return {"score": "good" if survey.category == "good" else "bad"}


ROUTES = (
    Route(
        "GET", "/api/v2/guide/survey_responses", responses,
        PAGING | {"filter[created_at_start]", "filter[created_at_end]", "filter[subject_zrns]"},
        admin=True, feature="surveys",
    ),
)  # fmt: skip
