from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import requests

from connectors.base import Check, Verdict
from connectors.errors import AddressError, ConnectorError, RefusedError, SignInError, UnexpectedPayloadError
from connectors.zendesk import connect
from connectors.zendesk.settings import ZendeskSettings

if TYPE_CHECKING:
    from tests.connectors.zendesk.conftest import FakeZendesk, WorldClock


Look: TypeAlias = Callable[..., dict[str, Check]]

ME = "/api/v2/users/me.json"
CURSOR = "/api/v2/incremental/tickets/cursor.json"
SCHEDULES = "/api/v2/business_hours/schedules.json"
RATINGS = "/api/v2/satisfaction_ratings.json"


@pytest.fixture
def well(fake: "FakeZendesk", page: Callable[[str], Any]) -> Callable[[], None]:
    """Let everything be as it should, except for what a test says first."""

    def answer() -> None:
        fake.answers(ME, page("admin"), headers={"x-rate-limit": "700", "X-Rate-Limit-Remaining": "671"})
        fake.answers(CURSOR, page("export_end_with_after_url"))
        fake.answers(SCHEDULES, {"schedules": []})
        fake.answers(RATINGS, {"satisfaction_ratings": []})
        fake.answers("/api/v2/triggers/active.json", {"triggers": []})
        fake.answers("/api/v2/automations/active.json", {"automations": []})

    return answer


@pytest.fixture
def found(settings_with: Callable[..., ZendeskSettings], clock: "WorldClock") -> Look:
    """Return the findings by subject."""

    def look(**changed: object) -> dict[str, Check]:
        account = connect(settings_with(**changed), clock)
        checks = {str(check.subject): check for check in account.checks()}
        account.close()
        return checks

    return look


def test_a_healthy_account_is_all_right(well: Callable[[], None], found: Look, fake: "FakeZendesk") -> None:
    well()
    checks = found(rate_limit_share=0.5)
    assert {check.verdict for check in checks.values()} == {Verdict.OK}
    assert str(checks["quota"].finding) == "700 requests a minute, 671 left; our share is 50 %"
    assert str(checks["sign-in"].finding) == "signed in as KPI Integration (admin)"
    assert fake.asked[1][1]["per_page"] == "1"


def test_an_anonymous_visitor_is_not_signed_in_though_zendesk_says_200(
    well: Callable[[], None], found: Look, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(ME, page("anonymous_visitor"))
    well()
    checks = found()
    assert checks["sign-in"].verdict is Verdict.FAILURE
    assert checks["sign-in"].mend is not None
    assert "ticket export" not in checks


def test_an_answer_that_names_nobody_is_an_unknown_shape(found: Look, fake: "FakeZendesk") -> None:
    fake.answers(ME, {"odd": True})
    with pytest.raises(UnexpectedPayloadError):
        found()


def test_an_agent_is_no_admin(well: Callable[[], None], found: Look, fake: "FakeZendesk") -> None:
    fake.answers(ME, {"user": {"id": 7, "name": "An", "role": "agent"}})
    well()
    check = found()["sign-in"]
    assert check.verdict is Verdict.FAILURE
    assert "An" in str(check.mend)


def test_api_tokens_are_told_when_they_die(well: Callable[[], None], found: Look) -> None:
    well()
    check = found(auth={"method": "api_token", "email": "bot@x.vn", "token": "${env:ZENDESK_SECRET}"})["credentials"]
    assert check.verdict is Verdict.WARNING
    assert "2027-04-30" in str(check.finding)


def test_a_quota_that_is_not_told_is_a_warning(
    well: Callable[[], None], found: Look, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(ME, page("admin"))
    well()
    assert found()["quota"].verdict is Verdict.WARNING


def test_a_wrong_clock_is_told(well: Callable[[], None], found: Look, clock: "WorldClock") -> None:
    well()
    clock.seconds -= 7200
    check = found()["clock"]
    assert check.verdict is Verdict.WARNING
    assert str(check.finding) == "this computer's clock is 2 h 0 min behind the helpdesk's"
    clock.seconds += 7200 + 95 * 60
    assert str(found()["clock"].finding) == "this computer's clock is 1 h 35 min ahead of the helpdesk's"


@pytest.mark.parametrize(("left", "verdict"), [("174", Verdict.WARNING), ("175", Verdict.OK), ("soon", Verdict.OK)])
def test_a_quota_that_others_use_up_is_a_warning(
    well: Callable[[], None], found: Look, fake: "FakeZendesk", left: str, verdict: Verdict
) -> None:
    user = {"user": {"id": 9, "name": "KPI", "role": "admin"}}
    fake.answers(ME, user, headers={"x-rate-limit": "700", "x-rate-limit-remaining": left})
    well()
    assert found(rate_limit_share=0.5)["quota"].verdict is verdict


def test_an_unknown_subdomain_is_an_address_to_mend(found: Look, fake: "FakeZendesk") -> None:
    fake.answers(ME, "<!DOCTYPE html><title>No help desk at saomai.zendesk.com</title>", status=404)
    with pytest.raises(AddressError, match=r"https://saomai\.zendesk\.com"):
        found()


@pytest.mark.parametrize(("status", "error"), [(401, SignInError), (403, SignInError), (422, RefusedError)])
def test_refused_credentials_end_the_look(
    found: Look, fake: "FakeZendesk", status: int, error: type[ConnectorError]
) -> None:
    fake.answers(ME, {"error": "Couldn't authenticate you"}, status=status)
    with pytest.raises(error, match="authenticate"):
        found()


def test_missing_export_rights_are_a_failure_with_the_way_to_mend_it(
    well: Callable[[], None], found: Look, fake: "FakeZendesk"
) -> None:
    fake.answers(CURSOR, {"error": "Forbidden"}, status=403)
    well()
    check = found()["ticket export"]
    assert check.verdict is Verdict.FAILURE
    assert "admin" in str(check.mend)


def test_an_export_that_does_not_work_is_a_failure(well: Callable[[], None], found: Look, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"error": "odd"}, status=400)
    well()
    assert found()["ticket export"].verdict is Verdict.FAILURE


@pytest.mark.parametrize("status", [403, 404])
def test_what_the_plan_lacks_is_a_warning(
    well: Callable[[], None], found: Look, fake: "FakeZendesk", status: int
) -> None:
    fake.answers(SCHEDULES, {"error": "Forbidden"}, status=status)
    well()
    checks = found()
    assert checks["business hours"].verdict is Verdict.WARNING
    assert checks["satisfaction ratings"].verdict is Verdict.OK


def test_what_cannot_be_looked_at_is_a_warning(well: Callable[[], None], found: Look, fake: "FakeZendesk") -> None:
    fake.answers(SCHEDULES, requests.ConnectionError("gone"))
    for _ in range(4):
        fake.answers(SCHEDULES, requests.ConnectionError("gone"))
    well()
    assert found()["business hours"].verdict is Verdict.WARNING
