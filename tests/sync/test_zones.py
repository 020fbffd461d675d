"""A team's own time zone: its scorecard's week is the week there, whatever is rolled up keeps the report zone."""

from typing import TYPE_CHECKING

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import period_named
from kpi_engine.reduce import Scope
from sync.explaining import explained_by
from sync.figures import reduced
from sync.scorecards import figures_document, zone_notes
from sync.sources import source
from sync.trends import trends
from sync.zones import at_home, homes, scorecards

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.figures import Figures
    from tests.sync.conftest import World

HOUR, DAY = 3600, 86_400
NEW_YORK, HANOI = "America/New_York", "Asia/Ho_Chi_Minh"
WEEKLY = {"scope": "team", "period": "week", "group": "KPI"}


def solved(found: "Figures") -> dict[str | None, int]:
    return {subject: card["solved"].n for subject, card in found.scorecards.items() if card["solved"].n}


def test_a_teams_week_is_that_of_its_own_zone_and_its_summary_waits_for_its_end(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(language="en", push={"summaries": [WEEKLY]})
    agents = [
        {"name": name, "accounts": {"sao-mai": str(world.agents[number])}, "team": team}
        for number, (name, team) in enumerate((("An", "north"), ("Bình", "south")))
    ]
    teams = {"north": {"timezone": NEW_YORK}, "south": {"timezone": HANOI}}
    world.configure(language="en", push={"summaries": [WEEKLY]}, teams=teams, agents=agents)
    world.run()
    for agent in (0, 1):
        world.answered(agent=agent)  # Monday morning in Hanoi, Sunday evening in New York
    end = period_named("2026-W48", HANOI).end
    world.advance(end + 3 * HOUR - world.sandbox.now)
    for agent in (0, 1, 1):
        world.answered(agent=agent)  # Monday night in Hanoi, Sunday afternoon in New York
    world.advance(5 * HOUR)
    as_of = world.run().as_of or 0
    asked = source(world.account, period_named("2026-W48", HANOI), as_of)
    assert solved(reduced(asked, Scope.TEAM)) == {"north": 1, "south": 1}
    found = scorecards(asked, Scope.TEAM)
    assert solved(found) == {"north": 1, "south": 1}
    assert solved(scorecards(asked.of(period_named("2026-W47", HANOI)), Scope.TEAM)) == {"north": 1}
    assert solved(scorecards(asked.of(period_named("2026-W49", HANOI)), Scope.TEAM)) == {"south": 2}
    assert solved(scorecards(asked, Scope.ACCOUNT)) == {"sao-mai": 2}
    one = source(world.account, asked.window.period, as_of, ("solved",))
    at = [
        [line.at for line in explained_by(at_home(one, scope, whom), INDICATORS["solved"], question, whom).lines]
        for scope, whom in ((Scope.TEAM, "north"), (Scope.TEAM, "south"), (Scope.ACCOUNT, "sao-mai"))
        for question in [at_home(asked, scope, whom).question(scope)]
    ]
    assert at[0][0] > end > at[1][0]
    assert len(at[2]) == 2
    curve = trends(asked, Scope.TEAM, ["north", "south"], found)
    assert [cell.n for cell in curve["north"]["solved"][-2:]] == [1, 1]
    assert [cell.n for cell in curve["south"]["solved"][-2:]] == [0, 1]
    assert [subjects for _, subjects in homes(asked, Scope.TEAM, ["north", "south", None])] == [
        ["north"],
        ["south", None],
    ]
    names = {"north": "north", "south": "south"}
    told = {card["subject"]: card for card in figures_document(found, names.items())["scorecards"]}  # type: ignore[attr-defined]  # a list
    assert (told["north"]["zone"], told["north"]["end"]) == (NEW_YORK, end + 12 * HOUR)
    assert "zone" not in told["south"]
    assert [str(note) for note in zone_notes(found, names)] == [
        f"the period of north begins and ends in its own time zone, {NEW_YORK}"
    ]
    assert world.summaries() == []  # six hours after the week's end in Hanoi, six before it in New York
    world.advance(10 * HOUR + 300)
    world.run()
    bodies: dict[str, str] = {
        ticket.subject: next(iter(world.state.comments_of(ticket.id)))[1] for ticket in world.summaries()
    }
    assert set(bodies) >= {"KPI · north · 2026-W48", "KPI · south · 2026-W48"}
    assert f"time zone {NEW_YORK}" in bodies["KPI · north · 2026-W48"]
    assert f"time zone {HANOI}" in bodies["KPI · south · 2026-W48"]
