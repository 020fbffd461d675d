"""Ratings from Salesforce's own surveys: the answers to one question, joined with the case each survey was about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from connectors.base import Page
from connectors.rows import understood
from connectors.salesforce import pulling, ratings
from connectors.salesforce.mapping import CASE
from connectors.salesforce.org import Org
from connectors.salesforce.payloads import SurveyAnswer, SurveySubject
from connectors.salesforce.pulling import Walk
from connectors.salesforce.sense import Sense
from connectors.salesforce.soql import Query
from kpi_engine.records import Record


def unread(_row: object, _sense: Sense) -> Sequence[Record]:
    """Return nothing: an answer means something only beside what its survey was about."""
    return []


def rated(walk: Walk) -> Iterator[Page]:
    """Yield the answers as ratings of cases; surveys about anything else are left out."""
    answers: list[object] = []

    def keep(row: object, _sense: Sense) -> Sequence[Record]:
        answers.append(row)
        return []

    for page in pulling.walked(replace(walk, resource=replace(walk.resource, records=keep))):
        cases = _cases(walk.org, answers)
        meaning = replace(walk.resource, records=partial(_meant, cases=cases))
        found = pulling.as_page(meaning, answers, walk.sense)
        answers.clear()
        yield replace(page, records=found.records, rejects=found.rejects)


def _meant(row: object, sense: Sense, *, cases: dict[str, str]) -> Sequence[Record]:
    return ratings.survey_answer(row, cases, sense)


def _cases(org: Org, rows: Sequence[object]) -> dict[str, str]:
    """Return the cases that surveys were about, by the ids of their invitations and responses."""
    told = org.rows_among(Query("SurveySubject", _JOINED), "ParentId", sorted(_parents(rows)))
    subjects = [understood(SurveySubject, row) for row in told]
    return {each.parent_id: each.subject_id for each in subjects if each.subject_id.startswith(CASE)}


_JOINED = ("ParentId", "SubjectId")


def _parents(rows: Sequence[object]) -> set[str]:
    found = set()
    for row in rows:
        try:
            read = SurveyAnswer.model_validate(row)
        except ValueError:
            continue  # it is set aside when its meaning is asked for
        found |= {parent for parent in (read.response.invitation_id, read.response_id) if parent is not None}
    return found
