"""What makes penalties and rewards less fair, or less sure, than they could be: accepted all the same."""

from collections.abc import Iterator

from config.penalties import PenaltySettings, RewardSettings
from config.policies import PolicyDocument
from kpi_engine.message import Message, message

_ENOUGH = 30
"""From how many cases on something may decide about pay."""


def lint(document: PolicyDocument) -> Iterator[Message]:
    """Yield a remark for each thing that those who agree on the rules should think over."""
    for penalty in document.penalties:
        yield from _of_penalty(penalty)
    for reward in document.rewards:
        yield from _of_reward(reward)


def _of_penalty(penalty: PenaltySettings) -> Iterator[Message]:
    if penalty.announced_on is None:
        yield message("the penalty {name} was never announced, so it judges nobody", name=penalty.id)
    if penalty.min_volume < _ENOUGH:
        yield message(
            "the penalty {name} charges from {n} judged clocks on; below {enough} chance says more than work does",
            name=penalty.id,
            n=penalty.min_volume,
            enough=_ENOUGH,
        )
    if not penalty.quota and not penalty.quota_rate:
        yield message("the penalty {name} has no quota: the first deadline missed is charged", name=penalty.id)
    if penalty.cap is None:
        yield message("the penalty {name} has no cap: one bad week may cost anything", name=penalty.id)
    if penalty.unsure:
        yield message("the penalty {name} charges what is known only approximately", name=penalty.id)


def _of_reward(reward: RewardSettings) -> Iterator[Message]:
    if reward.announced_on is None:
        yield message("the reward {name} was never announced, so it rewards nobody", name=reward.id)
    if reward.min_n < _ENOUGH:
        yield message(
            "the reward {name} is given from {n} ratings on; below {enough} chance says more than work does",
            name=reward.id,
            n=reward.min_n,
            enough=_ENOUGH,
        )
    if not reward.at_least:
        yield message(
            "the reward {name} goes by numbers alone: `at_least` makes it ask how good they are", name=reward.id
        )
