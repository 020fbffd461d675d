"""What a policy document names that the configuration does not have: fields, what they say, and calendars."""

from collections.abc import Iterator
from difflib import get_close_matches

from config.agreement import ANY, at
from config.meanings import Fields
from config.problems import Finding, Path, one_of
from config.unanswered import CLAUSES, unanswered
from connectors.account import SUMMARY_TAG
from kpi_engine.message import Message, message

_SOURCES = ("ticket", "organization", "group", "brand")
_TAGGED = (
    ("connectors", ANY, "exclude", "tags", ANY),
    ("fields", ANY, ANY, "tag"),
)
_CALENDARS = (
    ("policies", ANY, "calendar"),
    ("policies", ANY, "calendar", "first_of", ANY),
    ("escalations", ANY, "calendar"),
    ("escalations", ANY, "repeat", "quiet_outside"),
)


def strangers(policies: object, configuration: object) -> Iterator[Finding]:
    """Yield, of policies as plain values, what the configuration, as plain values, has nothing for.

    A calendar that looks like none of ours may be the helpdesk's own schedule.
    """
    yield from _unknown_fields(policies, configuration)
    yield from _unfit_calendars(policies, configuration)
    yield from unanswered(policies, configuration)
    yield from _deciding_tags(policies, configuration)


def _unknown_fields(policies: object, configuration: object) -> Iterator[Finding]:
    known = [str(path[-1]) for path, _ in at(configuration, "fields", ANY) if path[-1] not in Fields.model_fields]
    for clause in CLAUSES:
        for path, _ in at(policies, *clause, "field", ANY):
            if path[-1] not in known and path[-1] not in Fields.model_fields:
                yield Finding(
                    path, message("`fields` of the configuration gives nothing this name"), _meant(known, path)
                )


def _meant(known: list[str], path: Path) -> Message:
    return one_of(known, path[-1]) if known else message("name the helpdesk's field or tag under `fields`")


def _unfit_calendars(policies: object, configuration: object) -> Iterator[Finding]:
    own = {str(path[-2]): week for path, week in at(configuration, "calendars", ANY, "week")}
    for steps in _CALENDARS:
        for path, name in at(policies, *steps):
            if not isinstance(name, str) or name in _SOURCES:
                continue
            if name in own and not _opens(own[name]):
                yield Finding(path, message("this calendar never opens: no goal would ever be due"))
            elif name not in own and get_close_matches(name, own, n=1):
                yield Finding(path, message("no calendar has this name"), one_of(own, name))


def _deciding_tags(policies: object, configuration: object) -> Iterator[Finding]:
    """Yield tags that escalations add though something goes by them: they would work upon themselves."""
    asked = {str(tag) for clause in CLAUSES for _, tag in at(policies, *clause, "tag", ANY)}
    asked |= {str(tag) for steps in _TAGGED for _, tag in at(configuration, *steps)}
    asked |= {str(path[-1]) for path, _ in at(configuration, "exemptions", ANY, "tags", ANY)}
    for path, tag in at(policies, "escalations", ANY, "steps", ANY, "add_tags", ANY):
        if str(tag) in asked or str(tag).startswith(SUMMARY_TAG):
            yield Finding(
                path,
                message("something goes by this tag, so that an escalation would work upon itself"),
                message("a tag that nothing else asks for"),
            )


def _opens(week: object) -> bool:
    return not isinstance(week, dict) or any(week.values())
