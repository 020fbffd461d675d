"""What the users' own material demands, in our words, and what answers it: figures, or features by their place.

Each row is checked: its indicators give a figure in the demo world or name the input that is missing, by themselves or
by a field among the features; features are keys of the configuration or commands.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand: where it comes from (S0 to S4, the five articles), the indicators that answer it, and features."""

    source: str
    words: str
    indicators: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


DEMANDS: tuple[Demand, ...] = (
    # Customer care, S0
    Demand(
        "S0",
        "Complaints are set against the customers an agent is in charge of, by cause, and can be taken apart.",
        ("complaint_rate", "complaints", "complaints_attributed", "customers_served"),
        ("fields.complaint_cause", "command:explain"),
    ),
    Demand("S0", "Satisfaction is the share of the satisfied among those who answered.", ("satisfaction_rate",)),
    Demand("S0", "The share of customers who answer at all is told beside it.", ("survey_response_rate",)),
    Demand(
        "S0",
        "Requests that were forgotten or came too late are counted, with a quota beyond which there is a penalty.",
        ("overdue_count", "overdue_rate", "forgotten"),
        ("policies",),
    ),
    Demand(
        "S0",
        "How long an answer and a solution may take is agreed between manager and agent; mean and tail are told.",
        ("first_reply", "full_resolution", "response_time"),
        ("targets",),
    ),
    Demand(
        "S0",
        "No single customer absorbs an agent while others wait.",
        ("customer_share", "customers_waiting", "owed_replies", "longest_wait"),
    ),
    Demand("S0", "How long customers wait, and what piles up.", ("requester_wait", "backlog", "backlog_overlap")),
    Demand("S0", "What support costs.", ("support_cost",), ("inputs.costs",)),
    Demand(
        "S0", "Who gets the most positive feedback is rewarded.", ("positive_feedback", "compliments"), ("policies",)
    ),
    Demand(
        "S0",
        "Feedback on warranty service, how much of it is good too.",
        ("warranty_satisfaction", "warranty_positive"),
    ),
    Demand("S0", "Each firm weighs the indicators for itself.", (), ("scorecards", "indicators")),
    # Teams of several countries, S1
    Demand(
        "S1",
        "Countries, teams under several managers, and agents are compared, like with like.",
        (),
        ("command:compare", "teams"),
    ),
    Demand("S1", "Before a number is called good or bad it is set beside a benchmark.", (), ("benchmarks",)),
    Demand(
        "S1",
        "A team is seen by quality, satisfaction and efficiency.",
        ("quality_score", "satisfaction_rate", "first_contact_resolution"),
        ("scorecards",),
    ),
    Demand(
        "S1",
        "A survey counts only where many answer and few are missing; what is high or low is said for each case.",
        ("survey_response_rate", "survey_coverage"),
        ("benchmarks", "command:report"),
    ),
    Demand(
        "S1",
        "How to raise the response: where surveys go unsent or unanswered.",
        (),
        ("command:report", "fields.language"),
    ),
    Demand(
        "S1",
        "Teams in several countries have their own time zone, and costs their currency.",
        (),
        ("teams", "inputs.costs"),
    ),
    # Telesales, S2
    Demand(
        "S2",
        "Four things count: satisfaction, selling, business value, the manager's view.",
        ("satisfaction_rate", "sales_per_call", "attributed_revenue", "manager_evaluation"),
        ("scorecards",),
    ),
    Demand(
        "S2",
        "Calls: missed, completed, time on hold, speed of answer.",
        ("missed_call_rate", "abandoned_call_rate", "calls_handled", "call_wait", "speed_of_answer"),
    ),
    Demand(
        "S2",
        "Attitude, and whether the customer may speak.",
        ("quality_attitude", "quality_listening", "quality_room_to_speak"),
    ),
    Demand(
        "S2", "Not rambling, and mentioning services with tact.", ("quality_conciseness", "quality_service_mention")
    ),
    Demand(
        "S2",
        "Answers with the right content, and time for each question.",
        ("correct_answer_rate", "time_per_question"),
    ),
    Demand(
        "S2",
        "Revenue is shared, not one team's own quota.",
        ("attributed_revenue", "revenue_per_call"),
        ("inputs.sales",),
    ),
    Demand("S2", "Time limits follow the caller's patience.", ("abandonment_curve",)),
    Demand(
        "S2",
        "Judgement bends to circumstances, with a reason and an approver.",
        (),
        ("command:override", "inputs.roster"),
    ),
    # Goals for care, S3
    Demand("S3", "Mean satisfaction over three months.", ("satisfaction_mean",), ("targets",)),
    Demand("S3", "Recommendation rises by points within half a year.", ("net_promoter_score",), ("targets",)),
    Demand(
        "S3", "Response time by channel, the telephone included.", ("response_time", "speed_of_answer"), ("targets",)
    ),
    Demand("S3", "Time to solve grave matters.", ("full_resolution", "severe_overdue_count"), ("fields.severity",)),
    Demand("S3", "Solved at the first contact, of all issues.", ("first_contact_resolution_gross",), ("targets",)),
    Demand(
        "S3",
        "Retention, complaints, cost of a contact and sales out of support change by so much.",
        ("retention", "complaints", "cost_per_interaction", "support_to_sale_rate"),
        ("targets",),
    ),
    Demand(
        "S3",
        "Communication, problem solving, attitude, teamwork, adaptability.",
        ("quality_communication", "quality_solving", "quality_attitude", "teamwork", "adaptability"),
    ),
    Demand(
        "S3",
        "Criteria are specific, agreed and announced; nobody is judged by others; reports come regularly.",
        (),
        ("targets", "connectors", "command:check"),
    ),
    Demand("S3", "Complaints by topic and by cause.", ("complaints",), ("fields.topic", "fields.complaint_cause")),
    Demand(
        "S3",
        "Customers are contacted unasked, improvements proposed.",
        ("outbound_contacts", "improvement_proposals"),
    ),
    Demand(
        "S3",
        "People learn, and write down what others can use.",
        ("trainings_completed", "knowledge_contributions"),
        ("inputs.training", "inputs.knowledge_contributions"),
    ),
    Demand("S3", "What is mandatory in a record is filled in.", ("record_completeness",), ("fields.root_cause",)),
    # After-sales service, S4
    Demand(
        "S4",
        "Grave and light matters go to different people with different authority.",
        (),
        ("policies", "fields.severity"),
    ),
    Demand("S4", "Customers are told apart by segment.", (), ("fields.segment",)),
    Demand("S4", "What customers suffer from goes back to the product.", ("root_causes",), ("fields.root_cause",)),
    Demand(
        "S4",
        "Of those served so many are satisfied, of these so many stay, of these so many bring others.",
        ("customers_served", "funnel_satisfied", "funnel_core", "funnel_referrers"),
    ),
    Demand("S4", "How readily customers recommend.", ("net_promoter_score", "referral_rate")),
    Demand(
        "S4",
        "How much effort it cost them, and whether they would go on paying.",
        ("customer_effort", "willingness_to_stay"),
    ),
    Demand("S4", "What is said on public pages.", ("social_rating", "social_negative_share")),
    Demand(
        "S4", "Solved by the first call, of all issues.", ("first_call_resolution", "first_contact_resolution_gross")
    ),
    Demand("S4", "How many customers stay.", ("retention", "churn")),
    Demand("S4", "What was expected against what was perceived, in five dimensions.", ("service_quality_gap",)),
)
