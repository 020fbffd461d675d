"""The part of SOQL that a client may send here, read strictly: whatever else is sent is refused as malformed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from connectors.sandbox.answers import Refusal

Value: TypeAlias = str | int | float | bool | None
"""What a field is compared with; instants are epoch seconds."""

LONGEST = 100_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\\n\r]|\\['"\\nrtbf])*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))
    |(?P<number>-?\d+(?:\.\d+)?)(?![\w-])
    |(?P<word>[A-Za-z][A-Za-z0-9_.]*)
    |(?P<sign><=|>=|!=|[=<>(),]))""",
    re.VERBOSE,
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_SIGNS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_RESERVED = frozenset({"SELECT", "FROM", "WHERE", "AND", "OR", "ORDER", "BY", "LIMIT", "IN"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, a sign, a value."""

    field: str
    sign: str
    value: Value
    kind: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A field whose value is among some, or among those that another query gives."""

    field: str
    values: "tuple[Value, ...] | Select"


@dataclass(frozen=True, slots=True)
class Several:
    """Conditions of which all or any hold."""

    word: str
    of: tuple["Condition", ...]


Condition: TypeAlias = Comparison | Membership | Several


@dataclass(frozen=True, slots=True)
class Select:
    """A query; no fields: the rows are counted."""

    fields: tuple[str, ...]
    subject: str
    where: "Condition | None"
    by: tuple[str, ...]
    most: int | None


def malformed(told: str) -> Refusal:
    """Return the refusal of a query that cannot be read."""
    return Refusal(400, [{"message": told, "errorCode": "MALFORMED_QUERY"}])


def parsed(text: str) -> Select:
    """Return a query as it is meant; raises the refusal that Salesforce answers with."""
    if len(text) > LONGEST:
        raise Refusal(400, [{"message": "SOQL statements are too long", "errorCode": "QUERY_TOO_COMPLICATED"}])
    reader = _Reader(_tokens(text))
    found = reader.select()
    reader.end()
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = list[tuple[str, str]](), 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise malformed(f"unexpected token: {text[at : at + 20]}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    place: int = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "<EOF>")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.place += 1
        return token

    def sees(self, word: str) -> bool:
        kind, text = self.peek()
        return (text.upper() if kind == "word" else text) == word

    def want(self, word: str) -> None:
        if not self.sees(word):
            raise malformed(f"unexpected token: {self.peek()[1]}, expecting {word}")
        self.place += 1

    def end(self) -> None:
        if self.peek()[0] != "end":
            raise malformed(f"unexpected token: {self.peek()[1]}")

    def name(self) -> str:
        kind, text = self.take()
        if kind != "word" or text.upper() in _RESERVED:
            raise malformed(f"unexpected token: {text}")
        return text

    def names(self) -> tuple[str, ...]:
        return tuple(self.listed(self.name))

    def listed(self, one: Callable[[], Value]) -> Sequence[str]:
        found = [str(one())]
        while self.sees(","):
            self.place += 1
            found.append(str(one()))
        return found

    def select(self) -> "Select":
        self.want("SELECT")
        fields = self.counted() or self.names()
        self.want("FROM")
        subject = self.name()
        where = self.condition() if self.skip("WHERE") else None
        by = self.order() if self.skip("ORDER") else ()
        most = self.limit() if self.skip("LIMIT") else None
        return Select(() if fields == ("COUNT()",) else fields, subject, where, by, most)

    def skip(self, word: str) -> bool:
        seen = self.sees(word)
        self.place += seen
        return seen

    def counted(self) -> tuple[str, ...] | None:
        if not self.sees("COUNT"):
            return None
        for word in ("COUNT", "(", ")"):
            self.want(word)
        return ("COUNT()",)

    def order(self) -> tuple[str, ...]:
        self.want("BY")
        return self.names()

    def limit(self) -> int:
        kind, text = self.take()
        if kind != "number" or not text.isdecimal():
            raise malformed(f"unexpected token: {text}")
        return int(text)

    def condition(self) -> Condition:
        """Read conditions joined by one word: Salesforce wants brackets where AND and OR meet."""
        found, joined = [self.single()], ""
        while self.sees("AND") or self.sees("OR"):
            word = self.take()[1].upper()
            if joined not in ("", word):
                raise malformed(f"unexpected token: {word}")
            joined = word
            found.append(self.single())
        return found[0] if len(found) == 1 else Several(joined, tuple(found))

    def single(self) -> Condition:
        if self.skip("("):
            inner = self.condition()
            self.want(")")
            return inner
        field = self.name()
        if self.skip("IN"):
            return Membership(field, self.members())
        _, sign = self.take()
        if sign not in _SIGNS:
            raise malformed(f"unexpected token: {sign}")
        kind, value = self.value()
        return Comparison(field, sign, value, kind)

    def members(self) -> tuple[Value, ...] | Select:
        self.want("(")
        if self.sees("SELECT"):
            inner: tuple[Value, ...] | Select = self.select()
        else:
            found = [self.value()[1]]
            while self.skip(","):
                found.append(self.value()[1])
            inner = tuple(found)
        self.want(")")
        return inner

    def value(self) -> tuple[str, Value]:
        kind, text = self.take()
        if kind == "text":
            return kind, re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), text[1:-1])
        if kind == "moment":
            return kind, int(datetime.fromisoformat(text).timestamp())
        if kind == "number":
            return kind, float(text)
        if kind == "word" and text.lower() in ("true", "false", "null"):
            return {"true": ("yes", True), "false": ("yes", False), "null": ("null", None)}[text.lower()]
        raise malformed(f"unexpected token: {text}")
