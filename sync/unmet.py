"""Words of policies' conditions that no ticket of a helpdesk can have, as far as `check` can tell."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from config.agreement import ANY, at
from config.documents import configured_policies, plain_policies
from config.meanings import Fields, meaning_documents
from config.problems import path_text
from config.unanswered import CLAUSES
from connectors.base import Named, Stream
from kpi_engine.message import Message, message
from kpi_engine.records import Group
from sync.account import Account
from sync.naming import Mistaken, instead


class Asked(NamedTuple):
    """A word that a condition asks for; `where` is its path among the policies."""

    subject: str
    word: str
    where: str


def unmet(account: Account) -> Iterator[Mistaken]:
    """Yield the groups, forms and tags that the helpdesk does not have, and the meanings not mapped for it."""
    asked = list(_asked(account))
    for subject, find in _FINDERS.items():
        listed = [each for each in asked if each.subject == subject]
        yield from find(account, listed) if listed else ()
    mapped = meaning_documents(account.settings.fields, account.name)
    for name in dict.fromkeys(each.subject for each in asked):
        if name in Fields.model_fields and name not in mapped and name != "severity":
            where = next(each.where for each in asked if each.subject == name)
            told = message("{where}: nothing is mapped to {name} here, so it never fits", where=where, name=name)
            mend = message("name the field or tag of this helpdesk under {setting}", setting=f"fields.{name}")
            yield Mistaken(told, mend)


def _asked(account: Account) -> Iterator[Asked]:
    policies = plain_policies(configured_policies(account.settings))
    found = [each for steps in CLAUSES for more in ((ANY,), ("field", ANY)) for each in at(policies, *steps, *more)]
    for path, words in found:
        if isinstance(words, list):
            yield from (Asked(str(path[-1]), str(word), _where(*path, place)) for place, word in enumerate(words))
        elif isinstance(words, bool):
            yield Asked(str(path[-1]), str(words), _where(*path))


def _where(*path: str | int) -> str:
    return path_text(("policies", *path))


def _groups(account: Account, asked: list[Asked]) -> Iterator[Mistaken]:
    listed = account.store.records.account(account.name, Stream.GROUPS)
    known = {each.group_id: each.name for each in listed if isinstance(each, Group)}
    words = {*known, *known.values()}
    for each in asked if known else ():
        if each.word not in words:
            told = message("{where}: the helpdesk has no group {word}", where=each.where, word=each.word)
            yield Mistaken(told, instead([each.word], known))


def _forms(account: Account, asked: list[Asked]) -> Iterator[Mistaken]:
    known = account.connector.titles(Named.FORM)
    for each in asked:
        if each.word not in known:
            told = message("{where}: the helpdesk has no ticket form {id}", where=each.where, id=each.word)
            yield Mistaken(told, instead([each.word], known))


def _tags(account: Account, asked: list[Asked]) -> Iterator[Mistaken]:
    records, name = account.store.records, account.name
    for each in asked if records.ticket_count(name) else ():
        if not records.bears(name, each.word):
            told = message("{where}: no ticket that is here bears the tag {tag}", where=each.where, tag=each.word)
            yield Mistaken(told, _UNLESS)


_UNLESS: Final[Message] = message("correct it, unless it is yet to be used")
_FINDERS: Final[dict[str, Callable[[Account, list[Asked]], Iterator[Mistaken]]]] = {
    "group": _groups,
    "form": _forms,
    "tag": _tags,
}
