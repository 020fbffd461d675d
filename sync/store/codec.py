"""How our dataclasses are written: JSON arrays by position, pure ASCII so that any text survives any database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import partial
from hashlib import blake2b
from itertools import islice, repeat
from operator import attrgetter
from typing import Any, Generic, TypeVar

from kpi_engine.message import Message

R = TypeVar("R")


_GETTERS: dict[type, Callable[[Any], object]] = {}


def _by_position(value: Any) -> object:
    kind = type(value)
    if kind not in _GETTERS:
        _GETTERS[kind] = attrgetter(*(field.name for field in fields(value)))
    return _GETTERS[kind](value)


# Sorted keys: the same fields sent in another order are the same body.
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_by_position)


def encoded(value: object) -> str:
    """Return JSON; a dataclass, at any depth, becomes the array of its values in the order of its fields."""
    return _ENCODER.encode(value)


def decoded(body: str) -> Any:
    """Return what `encoded` wrote, arrays where dataclasses or tuples were."""
    return json.loads(body)


def decoded_all(bodies: Iterable[str]) -> list[Any]:
    """Return what `encoded` wrote in each of `bodies`: read as one text, which costs far less than one by one."""
    return list(json.loads(f"[{','.join(bodies)}]"))


def fingerprint(body: str) -> str:
    """Return sixteen hexadecimal digits that tell one body from another."""
    return blake2b(body.encode(), digest_size=8).hexdigest()


def tupled(value: Any) -> Any:
    """Return `value` with tuples for arrays, at any depth."""
    return tuple(map(tupled, value)) if isinstance(value, list) else value


def _default_of(field: Field[Any]) -> Callable[[], object]:
    """Return what makes a field's default; without one it raises TypeError."""
    if field.default is not MISSING:
        return repeat(field.default).__next__
    return field.default_factory if field.default_factory is not MISSING else partial(_missing, field.name)


def _missing(name: str) -> object:
    raise TypeError(name)


def maker(kind: type[R]) -> Callable[[Iterable[Any]], R]:
    """Return what makes a NamedTuple, or a dataclass with slots, of all its values in the order of its fields.

    Slots are filled one by one: the constructor of a frozen dataclass takes five times as long, and reading makes
    dozens for every ticket.
    """
    if issubclass(kind, tuple):
        return kind._make  # type: ignore[attr-defined,no-any-return]  # every NamedTuple has it
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]  # R is a dataclass then
    fill, new = [getattr(kind, name).__set__ for name in names], kind.__new__

    def make(values: Iterable[Any]) -> R:
        made = new(kind)
        for put, value in zip(fill, values, strict=True):
            put(made, value)
        return made

    return make


class Layout(Generic[R]):
    """How to read one dataclass back; `restore` maps the fields JSON cannot hold to what makes them again.

    A field added at the end of the dataclass with a default reads old bodies as that default; any other change of
    its fields needs a migration.
    """

    def __init__(self, kind: type[R], /, **restore: Callable[[Any], object]) -> None:
        told = fields(kind)  # type: ignore[arg-type]  # R is a dataclass
        self._make, self._count = maker(kind), len(told)
        self._defaults = [_default_of(field) for field in told]
        names = [field.name for field in told]
        self._restore = [(names.index(name), make) for name, make in restore.items()]

    def read(self, values: list[Any]) -> R:
        """Return the dataclass written as `values`."""
        for position, make in self._restore:
            if position < len(values):
                values[position] = make(values[position])
        if len(values) < self._count:
            values += [default() for default in self._defaults[len(values) :]]
        return self._make(values)

    def read_all(self, rows: Iterable[list[Any]]) -> tuple[R, ...]:
        """Return the dataclasses written as `rows`."""
        return tuple(map(self.read, rows))


def _plain(value: object) -> object:
    if isinstance(value, Message):
        return {"message": message_values(value)}
    return value if isinstance(value, str | int | float | None) else str(value)


def message_values(message: Message) -> list[object]:
    """Return a message as [text, values]; a value that JSON cannot hold is kept as text."""
    return [message.text, {name: _plain(value) for name, value in message.values.items()}]


def _restored(value: object) -> object:
    return read_message(value["message"]) if isinstance(value, Mapping) else value


def read_message(values: list[Any]) -> Message:
    """Return the message written as [text, values]."""
    return Message(values[0], {name: _restored(value) for name, value in values[1].items()})


def encoded_message(message: Message | None) -> str | None:
    """Return a message as JSON, None as None."""
    return None if message is None else encoded(message_values(message))


def decoded_message(body: str | None) -> Message | None:
    """Return what `encoded_message` wrote."""
    return None if body is None else read_message(decoded(body))


def chunked(items: Iterable[R], size: int = 500) -> Iterator[list[R]]:
    """Yield `items` in lists of at most `size`."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
