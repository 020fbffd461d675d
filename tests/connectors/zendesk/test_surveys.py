import pytest

from connectors.values import FollowedFields
from connectors.zendesk.surveys import survey_response
from kpi_engine.records import Rating

NOTHING = FollowedFields()
SCALE = {
    "type": "rating_scale",
    "rating": 5,
    "rating_category": "good",
    "question": {"id": "1", "type": "rating_scale_numeric", "alias": "customer satisfaction"},
    "created_at": "2024-08-14T12:00:00.000Z",
    "updated_at": "2024-08-14T13:00:00.000Z",
}


def response(*answers: object, **changes: object) -> dict[str, object]:
    return {
        "id": "01HF",
        "expires_at": "2024-09-01T00:00:00Z",
        "responder_id": 377922500012,
        "survey": {"id": "01GS", "version": 1, "state": "ENABLED"},
        "subject_zrns": ["zen:ticket:123"],
        "subjects": [{"id": "123", "type": "ticket", "zrn": "zen:ticket:123"}],
        "answers": list(answers),
        **changes,
    }


def rated(*answers: object, **changes: object) -> Rating:
    (found,) = survey_response(response(*answers, **changes), NOTHING)
    return found


def test_an_answer_on_a_scale_is_a_verdict_in_zendesks_own_category() -> None:
    found = rated({"type": "open_ended", "value": "thanks"}, SCALE, {"type": "closed_ended", "selections": []})
    assert (found.ticket_id, found.rating_id, found.category, found.score) == ("123", "01HF", "good", 5)
    assert (found.at, found.version) == (1_723_640_400, 1_723_640_400)
    assert (found.agent_id, found.group_id) == (None, None)


def test_an_edited_answer_is_a_newer_version_of_the_same_rating() -> None:
    edited = rated(SCALE | {"rating": 1, "rating_category": "bad", "updated_at": "2024-08-15T12:00:00Z"})
    assert edited.rating_id == rated(SCALE).rating_id
    assert edited.version > rated(SCALE).version


@pytest.mark.parametrize("category", ["neutral", "bad"])
def test_categories_are_read_as_they_are(category: str) -> None:
    assert rated(SCALE | {"rating_category": category}).category == category


def test_a_category_nobody_knows_is_no_verdict() -> None:
    assert rated(SCALE | {"rating_category": "splendid"}).category is None


def test_a_skipped_scale_is_a_survey_without_verdict() -> None:
    found = rated({"type": "skipped", "created_at": "2024-08-14T12:00:00Z"})
    assert (found.category, found.score) == (None, None)


def test_what_nobody_answered_or_is_about_no_ticket_is_no_rating() -> None:
    assert survey_response(response(), NOTHING) == []
    about = {"subjects": [{"id": "4", "type": "conversation"}], "subject_zrns": ["zen:conversation:4", "odd"]}
    assert survey_response(response(SCALE, **about), NOTHING) == []


def test_the_ticket_is_found_by_its_name_alone() -> None:
    assert rated(SCALE, subjects=None, subject_zrns=["zrn:ticket:99"]).ticket_id == "99"


def test_a_response_without_id_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="id"):
        survey_response(response(SCALE, id=None), NOTHING)
