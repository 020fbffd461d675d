"""Everything a person reads, in his language: sentences, numbers, dates and durations."""

import gettext
import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from kpi_engine.message import Message

LANGUAGES = ("en", "vi")
LANGUAGE_VARIABLE = "HELPDESK_KPI_LANGUAGE"
CATALOGUES = str(Path(__file__).parent)
"""The folder of the compiled catalogues: ours, made from vi.po, and that of click's own words."""

_OURS, _CLICKS = "helpdesk-kpi", "messages"
_MINUTE = 60
_DAY, _LONG = 24, 48


class Language:
    """One language with the report time zone: turns messages, counts and seconds into text."""

    def __init__(self, code: str, zone: str = "UTC") -> None:
        self.code = code
        self.zone: tzinfo = ZoneInfo(zone)
        # English sentences are their own catalogue.
        self._catalogue = gettext.translation(_OURS, CATALOGUES, [code], fallback=True)

    def __call__(self, sentence: Message) -> str:
        """Return the sentence in this language; values that are sentences are translated too."""
        values = {name: self(value) if isinstance(value, Message) else value for name, value in sentence.values.items()}
        return self.template(sentence.text).format(**values)

    def template(self, text: str) -> str:
        """Return the translated sentence with its placeholders still open."""
        return self._catalogue.gettext(text) if text else text

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

    def days(self, seconds: float) -> str:
        """Return a stretch of time around the clock: in days and hours from two days on, else as `duration` does."""
        hours = round(seconds / 3600)
        if hours < _LONG:
            return self.duration(seconds)
        days, rest = divmod(hours, _DAY)
        return f"{self._unit(days, 'day')} {self._unit(rest, 'hour')}" if rest else self._unit(days, "day")

    def _unit(self, count: int, unit: str) -> str:
        return format_unit(count, f"duration-{unit}", length="short", locale=self.code)

    def moment(self, instant: float) -> str:
        """Return date and time in the report time zone."""
        when = datetime.fromtimestamp(instant, UTC)
        return str(format_datetime(when, format="yyyy-MM-dd HH:mm", tzinfo=self.zone, locale=self.code))

    def date(self, instant: float) -> str:
        """Return the date in the report time zone as commands and files take it."""
        return datetime.fromtimestamp(instant, self.zone).date().isoformat()

    def day(self, instant: float) -> str:
        """Return the date in the report time zone, in words."""
        return str(format_date(datetime.fromtimestamp(instant, self.zone).date(), format="medium", locale=self.code))


def preferred_language() -> str:
    """Return the language of the terminal: $HELPDESK_KPI_LANGUAGE, else the locale's, else English."""
    for variable in (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "vi" if value.startswith("vi") else "en"
    return "en"


def click_speaks(code: str) -> None:
    """Let click use this language for its own words (Usage, Error, No such option): it asks gettext at large."""
    gettext.bindtextdomain(_CLICKS, CATALOGUES)
    os.environ["LANGUAGE"] = code  # the first of the variables in which gettext looks for a language


def terminal_text(sentence: Message) -> str:
    """Return a sentence in the terminal's language: for texts needed before any configuration is read."""
    return Language(preferred_language())(sentence)
