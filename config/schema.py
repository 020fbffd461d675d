"""The JSON Schema of the configuration: generated from the models, published as a file, and used to find problems."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from config.problems import Finding, Path, one_of
from connectors.secret import SECRET_FORMAT
from kpi_engine.message import Message, message

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
POLICIES = "PolicyDocument"
STORIES = "StoriesDocument"
# Told better by the models' own validators, which name the reason.
_LEFT_TO_MODELS = frozenset({"pattern", "format"})
_TYPES = {
    "string": message("a text is needed here"),
    "integer": message("a whole number is needed here"),
    "number": message("a number is needed here"),
    "boolean": message("{yes} or {no} is needed here", yes="true", no="false"),
    "array": message("a list is needed here"),
    "object": message("keys with values are needed here"),
}


def generated_schema_text() -> str:
    """Return the schema made from the models of this version, as it must be checked in."""
    from config.settings import Settings  # noqa: PLC0415 -- only maintainers and a test need the models here

    schema = _tidy(Settings.model_json_schema())
    return json.dumps({"$schema": _DIALECT, **schema}, ensure_ascii=False, indent=2) + "\n"


@cache
def stories_schema() -> dict[str, Any]:
    """Return the schema of a file of stories."""
    from config.stories import StoriesDocument  # noqa: PLC0415 -- its models need this module

    return {"$schema": _DIALECT, **_tidy(StoriesDocument.model_json_schema())}


def policies_schema() -> dict[str, Any]:
    """Return the schema of a policy file."""
    schema = _schema()
    return {"$schema": _DIALECT, **schema["$defs"][POLICIES], "$defs": schema["$defs"]}


@cache
def schema_text() -> str:
    """Return the published schema."""
    return files("config").joinpath("schema.json").read_text(encoding="utf-8")


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text())
    return schema


def _validator(definition: str | None) -> Draft202012Validator:
    schema = _schema()
    if definition == STORIES:
        return Draft202012Validator(stories_schema())
    if definition is None:
        return Draft202012Validator(schema)
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})


def secret_keys() -> frozenset[str]:
    """Return the keys whose values are references to secrets."""
    definitions = _schema()["$defs"].values()
    return frozenset(
        key
        for definition in definitions
        for key, schema in definition.get("properties", {}).items()
        if schema.get("format") == SECRET_FORMAT
    )


def sign_in_keys() -> frozenset[str]:
    """Return the keys that any way to sign in knows."""
    definitions = (definition.get("properties", {}) for definition in _schema()["$defs"].values())
    return frozenset(key for properties in definitions if "method" in properties for key in properties)


def schema_findings(value: object, definition: str | None) -> Iterator[Finding]:
    """Yield everything in which `value` differs from the published schema, or from one of its definitions."""
    for error in _validator(definition).iter_errors(value):
        yield from _findings(error)


def _tidy(schema: Any) -> Any:  # noqa: ANN401 -- JSON of any shape
    """Return the schema without generated titles and without null, which stands for an absent key only."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    alternatives = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if len(alternatives) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return _tidy({**alternatives[0], **rest})
    if alternatives:
        schema = {**schema, "anyOf": alternatives}
    return {key: _tidy(value) for key, value in schema.items() if not _noise(key, value)}


def _noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _findings(error: ValidationError) -> Iterator[Finding]:
    path: Path = tuple(error.absolute_path)
    word = str(error.validator)
    if word in _LEFT_TO_MODELS:
        return
    if word in {"anyOf", "oneOf"}:
        yield from _alternatives(error, path)
    elif word == "additionalProperties":
        yield from _unknown_keys(error, path)
    elif word == "required":
        yield from _missing_key(error, path)
    else:
        yield Finding(path, *_sentences(word, error))


def _unknown_keys(error: ValidationError, path: Path) -> Iterator[Finding]:
    known = tuple(_mapping(error.schema).get("properties", ()))
    for key in _mapping(error.instance):
        if key not in known:
            yield Finding((*path, key), message("there is no such key"), one_of(known, key))


def _missing_key(error: ValidationError, path: Path) -> Iterator[Finding]:
    # jsonschema reports each missing key by itself, and names it only in its English sentence
    key = next(key for key in _list(error.validator_value) if error.message.startswith(repr(key)))
    properties = _mapping(error.schema).get("properties", {})
    yield Finding((*path, key), message("this key is missing"), _allowed(_mapping(properties.get(key))))


def _alternatives(error: ValidationError, path: Path) -> Iterator[Finding]:
    """Yield the problems of the one alternative that was meant, or one problem where none can be told."""
    told_by = _mapping(_mapping(error.schema).get("discriminator")).get("propertyName")
    if told_by is None:
        meant = _of_its_type(error)
        nothing_fits = Finding(path, message("a text, or keys with values, is needed here"))
        yield from _each(meant) if meant else iter([nothing_fits])
    elif not isinstance(error.instance, dict):
        yield Finding(path, _TYPES["object"])
    else:
        yield from _told_by(told_by, error, path)


def _of_its_type(error: ValidationError) -> list[ValidationError]:
    """Return the problems of those alternatives that are at least of the value's type."""
    parts = error.context or []
    others = {part.schema_path[0] for part in parts if part.validator == "type" and not part.relative_path}
    return [part for part in parts if part.schema_path[0] not in others]


def _told_by(key: str, error: ValidationError, path: Path) -> Iterator[Finding]:
    """Yield the problems of the alternative that the word at `key` names."""
    mapping = _mapping(error.schema)["discriminator"]["mapping"]
    instance = _mapping(error.instance)
    given = instance.get(key)
    if key not in instance:
        yield Finding((*path, key), message("this key is missing"), one_of(mapping))
    elif not isinstance(given, str) or given not in mapping:
        yield Finding((*path, key), *_unknown_word((*path, key), mapping, given))
    else:
        branch = [part["$ref"] for part in _list(error.validator_value)].index(mapping[given])
        yield from _each([part for part in error.context or () if part.schema_path[0] == branch])


def _unknown_word(path: Path, words: Iterable[str], given: object) -> tuple[Message, Message]:
    if path[-1] == "kind" and path[0] == "connectors":
        return message("this version serves no such helpdesk"), one_of(words, given)
    return message("this word is not known here"), one_of(words, given)


def _each(errors: list[ValidationError]) -> Iterator[Finding]:
    for error in errors:
        yield from _findings(error)


def _sentences(word: str, error: ValidationError) -> tuple[Message, Message | None]:
    schema = _mapping(error.schema)
    limit = error.validator_value
    if word == "type":
        return _TYPES[str(_list(limit)[0])], _allowed(schema)
    if word in {"enum", "const"}:
        words = [str(known) for known in _list(limit)]
        return _unknown_word(tuple(error.absolute_path), words, error.instance)
    if word in {"minLength", "minItems", "minProperties"}:
        return message("this must not be empty"), _allowed(schema)
    if word == "maxLength":
        return message("this is too long"), message("at most {limit} characters", limit=limit)
    return message("this number is out of range"), _range(schema)


def _allowed(schema: Mapping[str, Any]) -> Message | None:
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if words:
        return one_of([str(word) for word in words])
    examples = schema.get("examples")
    return message("for example {examples}", examples=", ".join(map(_shown, examples))) if examples else None


def _shown(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


def _range(schema: Mapping[str, Any]) -> Message:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum"))
    highest = schema.get("maximum")
    if highest is None:
        return message("{lowest} or more", lowest=lowest)
    if "exclusiveMinimum" in schema:
        return message("more than {lowest}, at most {highest}", lowest=lowest, highest=highest)
    return message("from {lowest} to {highest}", lowest=lowest, highest=highest)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
