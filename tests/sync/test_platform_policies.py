"""Each helpdesk's own clocks as a policy file with stories beside it, and every word of the files read."""

from pathlib import Path

import pytest

from config.documents import named_policies, named_stories
from sync.stories import outcomes

FOLDER = Path(__file__).parents[1] / "policies"
SEVEN = {
    *("first_reply", "next_reply", "periodic_update", "pausable_update"),
    *("requester_wait", "agent_work", "resolution"),
}


@pytest.mark.parametrize("platform", ["zendesk", "freshdesk", "salesforce"])
def test_policies_behave_as_their_platform_does(platform: str) -> None:
    name = str(FOLDER / f"{platform}.yaml")
    found = list(outcomes(named_policies(name), named_stories(name)))
    assert [(each.story, list(map(str, each.differences))) for each in found if each.differences] == []
    assert len(found) >= 6


def test_each_of_zendesks_seven_metrics_and_its_group_sla_has_a_clock_and_a_story() -> None:
    name = str(FOLDER / "zendesk.yaml")
    (policy,) = named_policies(name)["policies"]
    assert {clock["id"] for clock in policy["clocks"]} == {*SEVEN, "ownership"}
    told = {clock for story in named_stories(name).stories for clock in story.expect}
    assert told == {*SEVEN, "ownership"}


def test_the_four_levels_of_freshdesk_are_told_by_a_story() -> None:
    name = str(FOLDER / "freshdesk.yaml")
    levels = [step["level"] for step in named_policies(name)["escalations"][1]["steps"]]
    assert levels == [1, 2, 3, 4]
