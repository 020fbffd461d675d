"""What the configuration names of a helpdesk that is not there, and what was probably meant."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from config import mapped_fields, meaning_documents
from connectors.base import Named
from kpi_engine.message import Message, message
from sync.account import Account

_LISTED: Final = 15
_MEANT: Final = 3


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A name of the configuration that the helpdesk does not know, and what there is instead."""

    finding: Message
    mend: Message


def mistaken(account: Account) -> Iterator[Mistaken]:
    """Yield the fields, forms and tags of the configuration that the helpdesk does not have; asks it for its lists."""
    fields = mapped_fields(account.settings.fields, account.name)
    where = {field: ", ".join(keys) for field, keys in account.settings.watched_fields(account.name).items()}
    hints = {field: [*names, *map(_spoken, names)] for field, names in fields.items()}
    yield from _unknown(account, Named.FIELD, where, hints)
    yield from _unknown(account, Named.FORM, dict.fromkeys(account.own.exclude.forms, "exclude.forms"), {})
    yield from _unborne(account)


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _not_there(kind: Named, where: str, identifier: str) -> Message:
    if kind is Named.FIELD:
        return message("{where}: the helpdesk has no ticket field {id}", where=where, id=identifier)
    return message("{where}: the helpdesk has no ticket form {id}", where=where, id=identifier)


def _unknown(
    account: Account, kind: Named, where: Mapping[str, str], hints: Mapping[str, Collection[str]]
) -> Iterator[Mistaken]:
    known = account.connector.titles(kind) if where else {}
    for each in sorted(where.keys() - known.keys()):
        yield Mistaken(_not_there(kind, where[each], each), instead([each, *hints.get(each, ())], known))


def instead(words: Collection[str], known: Mapping[str, str]) -> Message:
    """Return what was probably meant, by title or by id; where nothing is alike, what there is."""
    meant = [each for each in known if _is_alike(words, each) or _is_alike(words, known[each])]
    if meant:
        return message("did you mean {meant}?", meant=_in_words(meant[:_MEANT], known))
    more = message(" and {n} more", n=len(known) - _LISTED) if len(known) > _LISTED else ""
    return message("there are: {known}{more}", known=_in_words(list(known)[:_LISTED], known), more=more)


def _is_alike(words: Collection[str], title: str) -> bool:
    return bool(get_close_matches(unaccented(title), map(unaccented, words), n=1, cutoff=0.75))


def unaccented(name: str) -> str:
    """Return a name as it is typed in a hurry: without accents, in lower case; the Vietnamese đ counts as d."""
    letters = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _in_words(ids: Collection[str], known: Mapping[str, str]) -> str:
    return ", ".join(f"{each} (“{known[each]}”)" for each in ids) or "–"


def _unborne(account: Account) -> Iterator[Mistaken]:
    """Yield the tags that no ticket bears; before there are tickets, none."""
    documents = meaning_documents(account.settings.fields, account.name)
    tags = {str(meant["tag"]): f"fields.{name}" for name, meant in documents.items() if meant["tag"] is not None}
    tags |= dict.fromkeys(account.own.exclude.tags, "exclude.tags")
    records, name = account.store.records, account.name
    for tag, where in tags.items() if tags and records.ticket_count(name) else ():
        if not account.connector.takes_tags:
            told = message("{where}: this helpdesk has no tags", where=where)
            yield Mistaken(told, message("name a field that says so"))
        elif not records.bears(name, tag):
            told = message("{where}: no ticket that is here bears the tag {tag}", where=where, tag=tag)
            yield Mistaken(told, message("correct it, unless it is yet to be used"))
