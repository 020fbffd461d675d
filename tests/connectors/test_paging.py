"""From page to page, and never in circles."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from connectors.errors import UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.paging import by_cursor, by_next_page, pages, parameters_of

USERS = "https://saomai.zendesk.com/api/v2/users.json"
Opening = Callable[..., Session]


def answer(content: object) -> Answer:
    return Answer(200, content, {}, None, "GET saomai.zendesk.com/api/v2/users.json")


def cursor_page(cursor: str | None, **rows: object) -> dict[str, object]:
    return {"meta": {"has_more": cursor is not None, "after_cursor": cursor}, **rows}


@responses.activate
def test_a_cursor_list_is_read_to_its_end(open_session: Opening) -> None:
    for cursor in ("abc", "def", None):
        responses.get(USERS, json=cursor_page(cursor))
    found = list(pages(open_session(), "/api/v2/users.json", {"page[size]": 100}, by_cursor))
    assert len(found) == 3
    sent: list[Any] = [call.request for call in responses.calls]
    assert [request.params for request in sent] == [
        {"page[size]": "100"},
        {"page[size]": "100", "page[after]": "abc"},
        {"page[size]": "100", "page[after]": "def"},
    ]


@responses.activate
@pytest.mark.parametrize("length", [1, 2, 3])
def test_fault_15_a_cursor_that_leads_back_is_refused(open_session: Opening, length: int) -> None:
    for number in range(12):
        responses.get(USERS, json=cursor_page(f"stuck-{number % length}"))
    with pytest.raises(UnexpectedPayloadError, match="stuck-0"):
        list(pages(open_session(), "/api/v2/users.json", {}, by_cursor))
    assert len(responses.calls) == length + 1


@responses.activate
def test_pages_are_asked_for_only_when_they_are_wanted(open_session: Opening) -> None:
    responses.get(USERS, json=cursor_page("abc"))
    next(pages(open_session(), "/api/v2/users.json", {}, by_cursor))
    assert len(responses.calls) == 1


@responses.activate
def test_fault_39_a_next_page_on_another_host_gives_its_parameters_only(open_session: Opening) -> None:
    responses.get(USERS, json={"next_page": "https://evil.example/api/v2/other.json?page=2&empty="})
    responses.get(USERS, json={"next_page": None})
    assert len(list(pages(open_session(), "/api/v2/users.json", {"per_page": 100}, by_next_page))) == 2
    assert responses.calls[1].request.url == f"{USERS}?per_page=100&page=2"


def test_the_parameters_of_an_address_are_unquoted() -> None:
    assert parameters_of("https://x.example/a?page%5Bafter%5D=a%2Bb%3D&n=1#top") == {"page[after]": "a+b=", "n": "1"}


@pytest.mark.parametrize("content", [{"users": []}, {"meta": {"has_more": False, "after_cursor": "abc"}}, {"meta": {}}])
def test_a_list_without_more_ends(content: object) -> None:
    assert by_cursor(answer(content), {}) is None


@pytest.mark.parametrize(
    "content",
    [
        {"meta": {"has_more": True}},
        {"meta": {"has_more": True, "after_cursor": ""}},
        {"meta": {"has_more": True, "after_cursor": 7}},
        {"next_page": "https://saomai.zendesk.com/api/v2/users.json?page=2"},
        [],
    ],
)
def test_more_without_a_cursor_is_reported_instead_of_left_out(content: object) -> None:
    with pytest.raises(UnexpectedPayloadError, match=r"GET saomai\.zendesk\.com/api/v2/users\.json"):
        by_cursor(answer(content), {})
