"""What stands beside figures in a report: targets, benchmarks, the scorecards of roles, and who answered surveys."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from kpi_engine.reduce import Scope
from kpi_engine.response_bias import Responses
from kpi_engine.role_cards import Grading
from sync.benchmark_text import benchmarks_table, beside_document, placed_document
from sync.benchmarks import of_targets, placed
from sync.cli.frame import Call
from sync.figures import Figures
from sync.grading import gradings
from sync.grading_text import grading_document, gradings_table
from sync.sources import Asked
from sync.survey_text import (
    kind_name,
    responses_document,
    silences_document,
    silences_tables,
    surveys_table,
)
from sync.surveyed import Answers, beside_survey, silences, surveyed, surveys_of
from sync.target_text import judged_document, targets_table
from sync.targets import judged, untold_targets
from sync.zones import homes

Names = Mapping[str | None, str]


def told_beside(call: Call, asked: Asked, found: Figures, names: Names, only: Collection[str]) -> dict[str, object]:
    """Show what stands beside these figures, and return it as JSON; scorecards only where all indicators are asked."""
    scope = found.question.scope
    own = [(there, judged(there, scope, subjects)) for there, subjects in homes(asked, scope, found.scorecards)]
    targets = [each for _, several in own for each in several]
    stands = [stand for there, several in own for stand in of_targets(there, several)]
    if targets:
        call.show(targets_table(targets, stands, names, call.language))
    elif not only and (why := untold_targets(asked, scope)) is not None:
        call.say(why)
    told = [
        {**judged_document(each, names[each.subject]), "beside": beside_document(beside)}
        for each, beside in zip(targets, stands, strict=True)
    ]
    cards = {} if only else gradings(asked, found, targets)
    return {"targets": told, **_benchmarks(call, asked, found, names), **_graded(call, cards, names)}


def _benchmarks(call: Call, asked: Asked, found: Figures, names: Names) -> dict[str, object]:
    listed = placed(asked, found)
    if not listed:
        return {}
    call.show(benchmarks_table(listed, names, call.language))
    return {"benchmarks": [placed_document(each, names[each.subject]) for each in listed]}


def _graded(call: Call, cards: Mapping[str | None, Grading], names: Names) -> dict[str, object]:
    if not cards:
        return {}
    call.show(gradings_table(cards, names, call.language))
    return {"roles": [grading_document(each, names[subject], subject) for subject, each in cards.items()]}


def told_of_surveys(call: Call, asked: Asked, found: Figures, names: Names, *, everywhere: bool) -> dict[str, object]:
    """Show who answered surveys, wherever a figure of one is shown; `everywhere`: also where they go missing."""
    keys = {key for card in found.scorecards.values() for key in card} - found.missing.keys()
    wanted = surveys_of(keys)
    answers = surveyed(asked, wanted) if wanted else {}
    if not answers:
        return {}
    told: list[dict[str, object]] = []
    for survey, several in answers.items():
        beside = {
            key: _without_ids(call, asked, each)
            for key, each in beside_survey(asked, found.question.scope, survey, several).items()
        }
        least = found.question.min_n.get(survey.answered, INDICATORS[survey.answered].min_n)
        call.show(surveys_table(survey, beside, names, least, call.language))
        told += [responses_document(survey, beside[key], (key, names[key]), least) for key in names if key in beside]
    return {"surveys": told, **(_silent(call, asked, answers) if everywhere else {})}


def _without_ids(call: Call, asked: Asked, found: Responses) -> Responses:
    """Return the same with an agent's name as the kind of the bias, for those who may see it, else with nobody's."""
    gap, rules = found.gap, asked.window.rulebook
    if gap is None or gap.of not in rules.agents:
        return found
    seen = asked.sight is None or asked.sight.sees(asked, gap.of)
    name = kind_name(Scope.AGENT, gap.of, rules, asked.window.period.end - 1, call.language)
    return replace(found, gap=replace(gap, of=name if seen else call.language(message("one agent"))))


def _silent(call: Call, asked: Asked, answers: Answers) -> dict[str, object]:
    missing = {survey: silences(asked, several) for survey, several in answers.items()}
    for survey, several in missing.items():
        place = asked.window.rulebook, asked.window.period.end - 1
        for table in silences_tables(survey, several, place, call.language):
            call.show(table)
    return {"silences": {survey.name: silences_document(each) for survey, each in missing.items()}}
