"""Rules in words, as whoever is judged by them reads them in an announcement."""

from typing import Any

import pytest

from config.policies import PolicyDocument
from sync.locale import Language
from sync.rule_words import clock_text, policy_text

ENGLISH, VIETNAMESE = Language("en"), Language("vi")


def policies(*listed: dict[str, Any]) -> PolicyDocument:
    return PolicyDocument.model_validate({"version": 1, "policies": list(listed)})


def clock(**told: Any) -> Any:  # noqa: ANN401 -- a clock
    stop = {"id": "resolution", "stop": ["solved"], **told}
    return policies({"id": "care", "clocks": [stop]}).policies[0].clocks[0]


@pytest.mark.parametrize(
    ("told", "english", "vietnamese"),
    [
        (
            {"goal": {"any": "20m"}, "time": "calendar"},
            ["Resolution: 20 minutes", "counted around the clock"],
            ["Giải quyết: 20 phút", "tính cả ngày lẫn đêm"],
        ),
        (
            {"goal": {"any": "2wd"}, "end_of_day": True},
            ["Resolution: 2 working days", "to the end of the working day on which it is due"],
            ["Giải quyết: 2 ngày làm việc", "đến hết ngày làm việc đến hạn"],
        ),
        ({"goal": {"any": "1wd"}}, ["Resolution: 1 working day"], ["Giải quyết: 1 ngày làm việc"]),
        (
            {"goal": {"urgent": "1h 30m", "any": "26h", "default": "urgent"}, "pause_in": ["pending", "hold"]},
            [
                *("Resolution: urgent: 1 hour 30 minutes", "every other ticket: 26 hours"),
                *("tickets without one: as urgent", "counted in opening hours", "stands still while pending, on hold"),
            ],
            [
                *(
                    "Giải quyết: khẩn cấp: 1 giờ 30 phút",
                    "mọi phiếu khác: 26 giờ",
                    "yêu cầu không có mức: như khẩn cấp",
                ),
                *("tính trong giờ làm việc", "dừng khi phiếu ở trạng thái: chờ khách hàng, tạm giữ"),
            ],
        ),
        (
            {"goal_by": {"severity": {"S1": "45s", "S2": "0wd"}}, "end_of_day": True},
            [
                *("Resolution: S1: 45 seconds", "S2: the same working day", "counted in opening hours"),
                "to the end of the working day on which it is due",
            ],
            [
                *("Giải quyết: S1: 45 giây", "S2: trong cùng ngày làm việc", "tính trong giờ làm việc"),
                "đến hết ngày làm việc đến hạn",
            ],
        ),
        (
            {"goal": {"any": "4h"}, "time": {"urgent": "calendar", "default": "business"}},
            ["Resolution: 4 hours", "counted urgent around the clock, every other ticket in opening hours"],
            ["Giải quyết: 4 giờ", "tính khẩn cấp cả ngày lẫn đêm, mọi phiếu khác trong giờ làm việc"],
        ),
    ],
)
def test_goals_are_told_in_whole_words_in_both_languages(
    told: dict[str, Any], english: list[str], vietnamese: list[str]
) -> None:
    assert clock_text(clock(**told), ENGLISH).split("; ") == english
    assert clock_text(clock(**told), VIETNAMESE).split("; ") == vietnamese


def test_for_which_tickets_a_policy_is_stands_in_words_in_both_languages() -> None:
    clocks = [{"id": "resolution", "goal": {"any": "4h"}, "stop": ["solved"]}]
    when = {
        "all": [{"channel": ["email", "chat"], "priority": ["urgent"]}, {"complaint": True}],
        "any": [{"segment": ["vip"]}, {"field": {"model": ["X1"]}}],
        "none": [{"status": ["hold"]}, {"warranty": False}],
    }
    document = policies(
        {"id": "vip", "when": when, "clocks": clocks},
        {"id": "mail", "when": {"all": [{"tag": ["mail"]}]}, "clocks": clocks},
        {"id": "rest", "clocks": clocks},
    )
    first, second, rest = document.policies
    assert policy_text(first, 0, ENGLISH).split("; ") == [
        "For tickets of which this holds: the channel is one of chat, email and the priority is urgent",
        "it is a complaint",
        "at least one of: the customer's segment is vip / model is X1",
        "none of: the status is on hold / it is no warranty case.",
    ]
    assert policy_text(first, 0, VIETNAMESE).split("; ") == [
        "Cho những phiếu thỏa điều kiện: kênh là một trong chat, email và mức ưu tiên là khẩn cấp",
        "là khiếu nại",
        "ít nhất một trong: phân khúc khách hàng là vip / model là X1",
        "không có điều nào trong: trạng thái là tạm giữ / không phải trường hợp bảo hành.",
    ]
    assert policy_text(second, 1, ENGLISH) == (
        "For tickets that no policy before this is for, and of which this holds: a tag is mail."
    )
    assert policy_text(rest, 2, ENGLISH) == "For every ticket that no policy before this is for."
    assert policy_text(rest, 0, ENGLISH) == "For every ticket."
