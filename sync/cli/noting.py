"""Notes about data beside a report: said in lines, told in JSON."""

from collections.abc import Mapping

from kpi_engine.reduce import Scope
from sync.cli.frame import Call
from sync.figures import Figures
from sync.guard_text import note_lines
from sync.guarding import noted_document, notes
from sync.sources import Asked
from sync.wording import subject_name

_SCOPES = (Scope.AGENT, Scope.TEAM, Scope.ACCOUNT)


def told_of_data(call: Call, asked: Asked, found: Figures, names: Mapping[str | None, str]) -> dict[str, object]:
    """Say what there is to know about the data of those who are shown, and return it for JSON."""
    scope, rules, at = found.question.scope, asked.window.rulebook, asked.window.period.end - 1
    if scope not in _SCOPES:
        return {}
    listed = [each for each in notes(asked, scope, found) if each.subject in found.scorecards]

    def name(subject: str | None) -> str:
        return names.get(subject) or call.language(subject_name(subject, scope, rules, at))

    for sentence in note_lines(listed, name, call.language):
        call.say(sentence)
    return {"notes": [noted_document(each, name(each.subject)) for each in listed]}
