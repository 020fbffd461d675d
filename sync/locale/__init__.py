"""Everything a person reads, in his language: sentences, numbers, dates and durations."""

import io
import os
from datetime import UTC, datetime, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from kpi_engine.message import Message

LANGUAGES = ("en", "vi")
LANGUAGE_VARIABLE = "HELPDESK_KPI_LANGUAGE"
_MINUTE, _HOUR = 60, 3600


@cache
def _catalogue(code: str) -> NullTranslations:
    """Return the compiled catalogue; English sentences are their own."""
    if code == "en":
        return NullTranslations()
    source = (files(__package__) / f"{code}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


class Language:
    """One language with the report time zone: turns messages, counts and seconds into text."""

    def __init__(self, code: str, zone: str = "UTC") -> None:
        self.code = code
        self.zone: tzinfo = ZoneInfo(zone)

    def __call__(self, sentence: Message) -> str:
        """Return the sentence in this language; values that are sentences are translated too."""
        values = {name: self(value) if isinstance(value, Message) else value for name, value in sentence.values.items()}
        return self.template(sentence.text).format(**values)

    def template(self, text: str) -> str:
        """Return the translated sentence with its placeholders still open."""
        return _catalogue(self.code).gettext(text) if text else text

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as the language writes it."""
        return str(format_decimal(value, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=self.code))

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share (0..1) as a percentage."""
        return str(format_percent(share, format=f"#,##0.{'#' * digits}%", locale=self.code))

    def duration(self, seconds: float) -> str:
        """Return a stretch of time in the two units that matter, such as 3 hr 05 min; seconds below a minute."""
        whole = round(seconds)
        if whole < _MINUTE:
            return self._unit(whole, "second")
        minutes = (whole + _MINUTE // 2) // _MINUTE
        if minutes < _MINUTE:
            return self._unit(minutes, "minute")
        hours, rest = divmod(minutes, _MINUTE)
        return f"{self._unit(hours, 'hour')} {self._unit(rest, 'minute')}" if rest else self._unit(hours, "hour")

    def _unit(self, count: int, unit: str) -> str:
        return format_unit(count, f"duration-{unit}", length="short", locale=self.code)

    def moment(self, instant: float) -> str:
        """Return date and time in the report time zone."""
        when = datetime.fromtimestamp(instant, UTC)
        return str(format_datetime(when, format="yyyy-MM-dd HH:mm", tzinfo=self.zone, locale=self.code))

    def day(self, instant: float) -> str:
        """Return the date in the report time zone, in words."""
        return str(format_date(datetime.fromtimestamp(instant, self.zone).date(), format="medium", locale=self.code))


def preferred_language() -> str:
    """Return the language of the terminal: $HELPDESK_KPI_LANGUAGE, else the locale's, else English."""
    for variable in (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "vi" if value.startswith("vi") else "en"
    return "en"


def terminal_text(sentence: Message) -> str:
    """Return a sentence in the terminal's language: for texts needed before any configuration is read."""
    return Language(preferred_language())(sentence)
