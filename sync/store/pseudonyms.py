"""What forgotten people are called: ids and words are only kept as salted digests, to be known when they come again."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from sync.store.database import Database
from sync.store.switches import Switches

EVERYWHERE: Final = "*"
PSEUDONYM: Final = "forgotten-"
_PREFIX: Final = "forgotten:"
_SALT: Final = "forgetting_salt"
_FIELDS: Final = ":fields"


def in_fields(connector: str) -> str:
    """Return under what is remembered how custom fields of a connector call forgotten people."""
    return f"{connector}{_FIELDS}"


def is_pseudonym(agent_id: str) -> bool:
    """Tell whether somebody was forgotten: nothing is written to him or about him any more."""
    return agent_id.rpartition("/")[2].startswith(PSEUDONYM)


@dataclass(frozen=True, slots=True)
class Names:
    """What forgotten people of one connector, or words of files, are called; ids are only kept as salted digests."""

    salt: str
    known: Mapping[str, str]
    folded: bool = False  # the same in any case: what custom fields say

    def __call__(self, word: str | None) -> str | None:
        """Return the pseudonym of somebody forgotten, any other word as it is."""
        return word if word is None or not self.known else self.known.get(self.digest(word), word)

    def digest(self, word: str) -> str:
        """Return what is kept of a word: e-mails are the same in any case."""
        plain = word.strip().casefold() if "@" in word or self.folded else word.strip()
        return blake2b(plain.encode(), key=self.salt.encode(), digest_size=16).hexdigest()


class Pseudonyms:
    """Remembers who is forgotten, by connector; under EVERYWHERE, by which words files name them."""

    def __init__(self, database: Database) -> None:
        self._switches = Switches(database)

    def names(self, connector: str) -> Names:
        """Return what the forgotten people of a connector are called (EVERYWHERE: the words of files)."""
        known = self._switches.under(connector, _PREFIX)
        salt = self._switches.get(EVERYWHERE, _SALT) or "" if known else ""
        return Names(salt, known, folded=connector.endswith(_FIELDS))

    def remember(self, connector: str, word: str, called: str | None = None) -> str:
        """Note that somebody is forgotten, under a pseudonym of his own unless given, and return it."""
        salt = self._switches.get(EVERYWHERE, _SALT)
        if salt is None:
            salt = secrets.token_hex(16)
            self._switches.set(EVERYWHERE, _SALT, salt)
        known = self._switches.under(connector, _PREFIX)
        digest = Names(salt, known, folded=connector.endswith(_FIELDS)).digest(word)
        pseudonym = called or known.get(digest) or f"{PSEUDONYM}{len(set(known.values())) + 1}"
        self._switches.set(connector, f"{_PREFIX}{digest}", pseudonym)
        return pseudonym
