"""A number with its noun, as grammar has it: 1 row, 2 rows."""

from dataclasses import dataclass

from kpi_engine.message import Message, message
from sync.locale import Language


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted: one of it, and any other number of it; {n} is the number."""

    one: Message
    many: Message

    def of(self, n: int, language: Language | None = None) -> Message:
        """Return the phrase for `n` of it, the number as `language` writes it; without one as digits alone."""
        return Message((self.one if n == 1 else self.many).text, {"n": n if language is None else language.number(n)})


AGENTS = Noun(message("{n} agent"), message("{n} agents"))
CLOCKS = Noun(message("{n} clock"), message("{n} clocks"))
COMPLIMENTS = Noun(message("{n} compliment"), message("{n} compliments"))
DECISIONS = Noun(message("{n} decision"), message("{n} decisions"))
DEADLINES = Noun(message("{n} missed deadline"), message("{n} missed deadlines"))
FIELDS = Noun(message("{n} field"), message("{n} fields"))
FIGURES = Noun(message("{n} figure"), message("{n} figures"))
GOALS = Noun(message("{n} goal"), message("{n} goals"))
HOURS = Noun(message("{n} hour"), message("{n} hours"))
MINUTES = Noun(message("{n} minute"), message("{n} minutes"))
OTHER_AGENTS = Noun(message("{n} other agent"), message("{n} other agents"))
OTHER_ROWS = Noun(message("{n} other row"), message("{n} other rows"))
MONTHS = Noun(message("{n} month"), message("{n} months"))
PAGES = Noun(message("{n} page"), message("{n} pages"))
PEOPLE = Noun(message("{n} person"), message("{n} people"))
POLICIES = Noun(message("{n} policy"), message("{n} policies"))
REQUESTS = Noun(message("{n} request"), message("{n} requests"))
ROWS = Noun(message("{n} row"), message("{n} rows"))
SECONDS = Noun(message("{n} second"), message("{n} seconds"))
SUMMARIES = Noun(message("{n} summary ticket"), message("{n} summary tickets"))
STEPS = Noun(message("{n} step"), message("{n} steps"))
TARGETS = Noun(message("{n} target"), message("{n} targets"))
TICKETS = Noun(message("{n} ticket"), message("{n} tickets"))
VALUES = Noun(message("{n} value"), message("{n} values"))
WORKING_DAYS = Noun(message("{n} working day"), message("{n} working days"))
WRITES = Noun(message("{n} write"), message("{n} writes"))
