"""The indicators, one table a family."""

from collections.abc import Mapping

from kpi_engine.indicators import (
    books,
    calls,
    complaints,
    customers,
    duties,
    evaluations,
    first_contact,
    held,
    overdue,
    quality,
    questionnaires,
    queue,
    reopening,
    resolution,
    responsiveness,
    reviews,
    satisfaction,
    service_quality,
    social,
    surveys,
    volume,
    work,
)
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message

FAMILIES: tuple[tuple[Message, tuple[Indicator, ...]], ...] = (
    (message("Volume and workload"), volume.INDICATORS),
    (message("What is open"), held.INDICATORS),
    (message("Responsiveness"), responsiveness.INDICATORS),
    (message("Resolution"), resolution.INDICATORS),
    (message("Quality of resolution"), (*first_contact.INDICATORS, *reopening.INDICATORS, *quality.INDICATORS)),
    (message("Overdue requests and goals"), overdue.INDICATORS),
    (message("The customer's voice"), (*satisfaction.INDICATORS, *surveys.INDICATORS, *complaints.INDICATORS)),
    (
        message("Surveys outside the helpdesk"),
        (*questionnaires.INDICATORS, *service_quality.INDICATORS, *social.INDICATORS),
    ),
    (message("Quality reviews and evaluations"), (*reviews.INDICATORS, *evaluations.INDICATORS)),
    (message("Costs, sales and customers"), (*books.INDICATORS, *customers.INDICATORS)),
    (message("Duties beside answering"), duties.INDICATORS),
    (message("Calls and work items"), (*calls.INDICATORS, *queue.INDICATORS, *work.INDICATORS)),
)
"""The names of the families, in the order in which people read them, and their tables."""

INDICATORS: Mapping[str, Indicator] = {indicator.key: indicator for _, family in FAMILIES for indicator in family}
