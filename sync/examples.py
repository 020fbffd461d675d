"""Examples worked by hand, as the documents show them: a file, the steps, and the figure that must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Example:
    """The rows of a file of a kind, how they are reckoned by hand, and the value that the indicator has then."""

    kind: str
    file: str
    steps: tuple[str, ...]
    value: float


_NET = """\
response_id,instrument,item,score,scale_min,scale_max,sent_at,answered_at,customer_ref
n-1,nps,recommend,10,0,10,2026-11-01 09:00,2026-11-01 10:00,KH-1
n-2,nps,recommend,9,0,10,2026-11-01 09:00,2026-11-01 10:05,KH-2
n-3,nps,recommend,9,0,10,2026-11-01 09:00,2026-11-02 08:00,KH-3
n-4,nps,recommend,8,0,10,2026-11-01 09:00,2026-11-02 08:30,KH-4
n-5,nps,recommend,7,0,10,2026-11-01 09:00,2026-11-02 09:00,KH-5
n-6,nps,recommend,6,0,10,2026-11-01 09:00,2026-11-02 09:30,KH-6
n-7,nps,recommend,0,0,10,2026-11-01 09:00,2026-11-02 10:00,KH-7
n-8,nps,recommend,10,0,10,2026-11-01 09:00,2026-11-02 11:00,KH-8
n-9,nps,recommend,,0,10,2026-11-01 09:00,,KH-9
"""
_EFFORT = """\
response_id,instrument,item,score,scale_min,scale_max,higher_is_better,sent_at,answered_at,customer_ref
e-1,ces,effort,7,1,7,true,2026-11-01 09:00,2026-11-01 10:00,KH-1
e-2,ces,effort,6,1,7,true,2026-11-01 09:00,2026-11-01 10:05,KH-2
e-3,ces,effort,5,1,7,true,2026-11-01 09:00,2026-11-02 08:00,KH-3
e-4,ces,effort,4,1,7,true,2026-11-01 09:00,2026-11-02 08:30,KH-4
e-5,ces,effort,2,1,7,false,2026-11-01 09:00,2026-11-02 09:00,KH-5
e-6,ces,effort,6,1,7,,2026-11-01 09:00,2026-11-02 09:30,KH-6
"""
_GAPS = """\
response_id,instrument,item,dimension,kind,score,scale_min,scale_max,sent_at,answered_at,customer_ref
q-1,servqual,P1,tangibles,expectation,6,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P1,tangibles,perception,6,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P5,reliability,expectation,7,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P5,reliability,perception,5,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P6,reliability,expectation,7,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P6,reliability,perception,6,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P10,responsiveness,expectation,6,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P10,responsiveness,perception,4,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P14,assurance,expectation,5,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P14,assurance,perception,6,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P18,empathy,expectation,5,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
q-1,servqual,P18,empathy,perception,5,1,7,2026-11-01 09:00,2026-11-01 10:00,KH-1
"""
_REVIEWS = """\
review_id,reviewed_at,reviewer,agent_ref,scorecard_version,category,weight,score,scale_min,scale_max,critical,na
r-1,2026-11-05 10:00,lead@saomai.vn,an@saomai.vn,2026-1,listening,2,4,1,5,,
r-1,2026-11-05 10:00,lead@saomai.vn,an@saomai.vn,2026-1,communication,1,5,1,5,,
r-1,2026-11-05 10:00,lead@saomai.vn,an@saomai.vn,2026-1,correctness,1,3,1,5,true,
r-2,2026-11-06 10:00,lead@saomai.vn,an@saomai.vn,2026-1,listening,2,5,1,5,,
r-2,2026-11-06 10:00,lead@saomai.vn,an@saomai.vn,2026-1,communication,1,,1,5,,true
r-2,2026-11-06 10:00,lead@saomai.vn,an@saomai.vn,2026-1,correctness,1,2,1,5,true,
r-3,2026-11-07 10:00,lead@saomai.vn,an@saomai.vn,2026-1,listening,2,3,1,5,,
r-3,2026-11-07 10:00,lead@saomai.vn,an@saomai.vn,2026-1,communication,1,,1,5,,true
"""

EXAMPLES: Final[Mapping[str, Example]] = {
    "net_promoter_score": Example(
        "surveys",
        _NET,
        (
            "8 answered; the ninth was only sent.",
            "10, 9, 9 and 10 promote: 4 of 8 are 50 %. 6 and 0 detract: 2 of 8 are 25 %. 8 and 7 do neither.",
            "50 - 25 = 25 points.",
            "Interval: 25 ± 1.96 · 100 · √((0.50 + 0.25 - 0.25²) / 8) = 25 ± 57.5.",
        ),
        25.0,
    ),
    "customer_effort": Example(
        "surveys",
        _EFFORT,
        (
            "7, 6, 5 and 4, where more is easier; the fifth's 2, where less is easier, is turned round: 1 + 7 - 2 = 6.",
            "The sixth does not say which end is easy: it is left out.",
            "(7 + 6 + 5 + 4 + 6) / 5 = 5.6 on the scale 1-7.",
        ),
        5.6,
    ),
    "customer_effort_easy": Example(
        "surveys", _EFFORT, ("Of 7, 6, 5, 4 and 6, all but the 4 are 5 or more of 7: 4 / 5 = 80 %.",), 0.8
    ),
    "service_quality_gap": Example(
        "surveys",
        _GAPS,
        (
            "Perception less expectation: tangibles 6 - 6 = 0; reliability (5 - 7 + 6 - 7) / 2 = -1.5.",
            "Responsiveness 4 - 6 = -2; assurance 6 - 5 = 1; empathy 5 - 5 = 0.",
            "Each weighs 20 of 100: (0 - 1.5 - 2 + 1 + 0) / 5 = -0.5.",
        ),
        -0.5,
    ),
    "quality_score": Example(
        "qa_reviews",
        _REVIEWS,
        (
            "On a scale of 1 to 5 a score lies at (score - 1) / 4: 5 at 1, 4 at 0.75, 3 at 0.5, 2 at 0.25.",
            "r-1: (2 · 0.75 + 1 · 1 + 1 · 0.5) / (2 + 1 + 1) = 0.75. Its critical category is not below the middle.",
            "r-2: correctness is critical and below the middle: 0, however well he listened.",
            "r-3: communication did not apply and leaves both sums: 2 · 0.5 / 2 = 0.5.",
            "(0.75 + 0 + 0.5) / 3 = 41.67 %.",
        ),
        1.25 / 3,
    ),
}
"""The examples by the key of their indicator."""
