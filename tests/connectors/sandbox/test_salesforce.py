"""The simulated org refuses what Salesforce refuses, in its words."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox import SalesforceSandbox

ROOT = "/services/data/v62.0"
Ask = Callable[..., requests.Response]


@pytest.fixture
def org() -> Iterator[SalesforceSandbox]:
    """Give an org with one case that answers."""
    with SalesforceSandbox(tickets=0, days=1) as sandbox:
        sandbox.state.create_ticket()
        yield sandbox


@pytest.fixture
def ask(org: SalesforceSandbox) -> Iterator[Ask]:
    """Return a function that asks with a session of the org's."""
    form = {"grant_type": "client_credentials", **dict(zip(("client_id", "client_secret"), org.oauth, strict=True))}
    with requests.Session() as session:
        granted = session.post(f"{org.base_url}/services/oauth2/token", data=form).json()
        session.headers["Authorization"] = f"Bearer {granted['access_token']}"

        def asked(method: str, path: str, **rest: Any) -> requests.Response:  # noqa: ANN401 -- requests' own
            return session.request(method, f"{org.base_url}{path}", **rest)

        yield asked


def code(answer: requests.Response) -> str:
    """Return the code of the first error in an answer."""
    return str(answer.json()[0]["errorCode"])


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("SELECT Id FROM Case WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case LIMIT x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case ORDER Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Id ~ 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Id LIKE 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = 'it's'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE IsClosed = true AND IsDeleted = false OR IsClosed = false", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE CreatedDate > 2026-11-20T00:00:00 0000", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT FROM FROM Case", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE OwnerId IN (SELECT Id, Name FROM User)", "MALFORMED_QUERY"),
        (f"SELECT Id FROM Case WHERE Subject = '{'x' * 8000}'", None),
        ("SELECT Nothing FROM Case", "INVALID_FIELD"),
        ("SELECT Nothing.Id FROM Case", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM CustomField", "INVALID_TYPE"),
        ("SELECT Id FROM Case WHERE CreatedDate > '2026-11-20'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM CaseHistory WHERE NewValue = 'Closed'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Id = '999999'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Case WHERE Id IN ('999999')", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
def test_a_query_salesforce_would_refuse_is_refused(ask: Ask, query: str, refusal: str | None) -> None:
    answer = ask("GET", f"{ROOT}/query", params={"q": query})
    assert (None if answer.ok else code(answer)) == refusal


def test_a_query_may_group_compare_and_name_ids_in_either_length(ask: Ask, org: SalesforceSandbox) -> None:
    key = next(iter(org.state.tables["Case"].rows))
    for where in (
        f"Id = '{key[:15]}'",
        f"Id IN ('{key}')",
        "(IsClosed = true OR Subject != null) AND CreatedDate <= 2030-01-01T00:00:00Z",
        "CSAT__c = null AND CreatedDate < 2030-01-01T00:00:00.000Z",
        "ContactId IN (SELECT Id FROM Contact)",
    ):
        found = ask(
            "GET", f"{ROOT}/query", params={"q": f"SELECT Id, Parent.Id FROM Case WHERE {where} ORDER BY Id LIMIT 5"}
        )
        assert [row["Id"] for row in found.json()["records"]] == [key]
        assert found.json()["records"][0]["Parent"] is None
    assert ask("GET", f"{ROOT}/query", params={"q": "SELECT COUNT() FROM Case"}).json()["totalSize"] == 1


def test_requests_that_are_none_are_refused_in_salesforces_words(ask: Ask, org: SalesforceSandbox) -> None:
    case = next(iter(org.state.tables["Case"].rows))
    long = ask("GET", f"{ROOT}/query", params={"q": "SELECT Id FROM Case WHERE Id = '" + "x" * 17_000})
    assert (long.status_code, long.headers["Content-Type"]) == (414, "text/html")
    assert code(ask("GET", f"{ROOT}/query")) == "MISSING_ARGUMENT"
    assert code(ask("GET", f"{ROOT}/query/0r8nothing-1")) == "INVALID_QUERY_LOCATOR"
    assert code(ask("GET", f"{ROOT}/sobjects/Nothing/describe")) == "NOT_FOUND"
    assert code(ask("GET", "/services/data/v20.0/limits")) == "NOT_FOUND"
    assert ask("GET", "/services/data/v21.0/limits").status_code == 410
    assert code(ask("GET", f"{ROOT}/nothing")) == "NOT_FOUND"
    assert code(ask("PATCH", f"{ROOT}/composite/sobjects", data="{")) == "JSON_PARSER_ERROR"
    assert code(ask("PATCH", f"{ROOT}/composite/sobjects", json=[])) == "JSON_PARSER_ERROR"
    assert code(ask("POST", f"{ROOT}/sobjects/Case", json={})) == "INVALID_TYPE"
    assert code(ask("POST", f"{ROOT}/sobjects/PermissionSet", json={"Nothing": 1})) == "INVALID_FIELD"
    wrong = {"Field": "Case.Nothing__c"}
    assert code(ask("POST", f"{ROOT}/sobjects/FieldPermissions", json=wrong)) == "INVALID_INPUT"
    assert code(ask("PATCH", f"{ROOT}/sobjects/Case/Nothing__c/x", json={})) == "NOT_FOUND"
    assert code(ask("PATCH", f"{ROOT}/sobjects/Case/Subject/x", json={})) == "INVALID_FIELD"
    assert (
        code(ask("PATCH", f"{ROOT}/sobjects/Case/{case}", json={"CaseNumber": "1"}))
        == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )
    assert ask("GET", f"{ROOT}/limits", headers={"Authorization": "Bearer no"}).status_code == 401


def test_a_collection_is_judged_record_by_record(ask: Ask, org: SalesforceSandbox) -> None:
    case = next(iter(org.state.tables["Case"].rows))
    owner = org.state.tables["Case"].rows[case]["OwnerId"]

    def outcome(row_id: str, **values: object) -> str:
        record = {"attributes": {"type": "Case"}, "id": row_id, **values}
        answer = ask("PATCH", f"{ROOT}/composite/sobjects", json={"allOrNone": False, "records": [record]})
        told = answer.json()[0]
        return "ok" if told.get("success") else str(told["errors"][0]["statusCode"])

    assert outcome(case, CSAT__c="five") == "JSON_PARSER_ERROR"
    assert outcome(case, Nothing__c=1) == "INVALID_FIELD"
    assert outcome("5005g00000ZZZZZZZZ", CSAT__c=5) == "INVALID_CROSS_REFERENCE_KEY"
    assert outcome(case, CSAT__c=None) == "ok"
    assert org.state.mailed == [case]  # nothing forbade the assignment rule
    assert org.state.tables["Case"].rows[case]["OwnerId"] != owner
    for body in ({"records": []}, {"records": [{"id": case}], "allOrNone": True}):
        assert ask("PATCH", f"{ROOT}/composite/sobjects", json=body).status_code == 400
    twice = {"records": [{"id": case}, {"id": case}], "allOrNone": False}
    assert code(ask("PATCH", f"{ROOT}/composite/sobjects", json=twice)) == "DUPLICATE_VALUE"


def test_bulk_jobs_take_their_time_and_know_their_limits(ask: Ask, org: SalesforceSandbox) -> None:
    place = f"{ROOT}/jobs/query"
    assert code(ask("POST", place, json={"operation": "delete", "query": "x"})) == "INVALIDJOB"
    counted = {"operation": "query", "query": "SELECT COUNT() FROM Case"}
    assert code(ask("POST", place, json=counted)) == "INVALIDENTITY"
    assert code(ask("GET", f"{place}/750nothing")) == "NOT_FOUND"
    job = ask("POST", place, json={"operation": "query", "query": "SELECT Id FROM Case"}).json()["id"]
    assert code(ask("GET", f"{place}/{job}/results")) == "INVALIDJOBSTATE"
    assert [ask("GET", f"{place}/{job}").json()["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    result = ask("GET", f"{place}/{job}/results")
    assert (result.headers["Sforce-Locator"], result.text.count("\n")) == ("null", 2)
    assert org.service.jobs[job].looks == 2


def test_fields_are_made_as_strictly_as_on_the_platform(ask: Ask, org: SalesforceSandbox) -> None:
    place = f"{ROOT}/tooling/sobjects/CustomField"
    good = {"label": "X", "type": "Text", "length": 20}

    def made(name: str, **metadata: object) -> str:
        answer = ask("POST", place, json={"FullName": name, "Metadata": {**good, **metadata}})
        return "ok" if answer.ok else code(answer)

    assert made("Case.Has__Two__c") == "FIELD_INTEGRITY_EXCEPTION"
    assert made("Case.X__c", type="Number") == "FIELD_INTEGRITY_EXCEPTION"
    assert made("Case.X__c", label="x" * 41) == "STRING_TOO_LONG"
    assert made("Account.X__c") == "JSON_PARSER_ERROR"
    assert [made("Case.X__c"), made("Case.X__c")] == ["ok", "DUPLICATE_DEVELOPER_NAME"]
    hidden = ask("GET", f"{ROOT}/query", params={"q": "SELECT X__c FROM Case"})
    assert code(hidden) == "INVALID_FIELD"
    assert code(ask("DELETE", f"{place}/00Nnothing")) == "NOT_FOUND"
    assert "X__c" in org.state.tables["Case"].columns


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password"},
        {"grant_type": "client_credentials", "client_id": "x"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"},
    ],
)
def test_nobody_signs_in_without_the_right_to(org: SalesforceSandbox, form: dict[str, str]) -> None:
    address = f"{org.base_url}/services/oauth2/token"
    assert requests.post(address, data=form, timeout=5).status_code == 400
    org.certify()
    assert requests.post(address, data=form, timeout=5).status_code == 400
    assert requests.post(address, json=form, timeout=5).json()["error"] == "unsupported_grant_type"


def test_the_same_arguments_give_the_same_world() -> None:
    one, two = (SalesforceSandbox(tickets=30, days=6).state for _ in range(2))
    assert one.tables["CaseHistory"].rows == two.tables["CaseHistory"].rows
    assert one.tables["Case"].rows == two.tables["Case"].rows
    assert {row["Email"] for row in one.tables["User"].rows.values()} >= {"an@sao-mai.example", "ngoc@sao-mai.example"}
