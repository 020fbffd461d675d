import json
from importlib.resources import files

from jsonschema import Draft202012Validator

from config import schema_text
from config.schema import generated_schema_text, secret_keys, sign_in_keys


def test_the_published_schema_is_that_of_the_models() -> None:
    assert schema_text() == generated_schema_text()
    assert schema_text() == files("config").joinpath("schema.json").read_text(encoding="utf-8")


def test_the_published_schema_is_a_schema_without_null() -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    assert '"null"' not in schema_text()
    assert set(schema["required"]) == {"version", "organization", "timezone", "connectors"}


def test_every_key_of_the_contract_has_its_place() -> None:
    assert list(json.loads(schema_text())["properties"]) == [
        "version",
        "organization",
        "timezone",
        "language",
        "store",
        "connectors",
        "agents",
        "statuses",
        "bots",
        "teams",
        "fields",
        "calendars",
        "policies",
        "indicators",
        "targets",
        "benchmarks",
        "scorecards",
        "inputs",
        "exemptions",
        "appeal",
        "privacy",
    ]


def test_every_top_key_says_what_it_is_for() -> None:
    properties = json.loads(schema_text())["properties"]
    assert [key for key, schema in properties.items() if "description" not in schema] == ["version"]


def test_the_schema_knows_where_secrets_stand() -> None:
    assert secret_keys() == {"api_key", "client_secret", "private_key", "token"}
    assert sign_in_keys() == {
        *("api_key", "audience", "client_id", "client_secret", "email", "method", "private_key", "token", "username"),
    }
