"""The kinds of files there are: a row's model for each, and what makes an observation of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from kpi_engine.indicators.service_quality import DIMENSIONS
from kpi_engine.message import Message, message
from kpi_engine.observe import YEAR
from sync.inputs.columns import RowModel, column
from sync.inputs.people_rows import OrgRow, RosterRow, org_misfit, roster_misfit
from sync.inputs.values import Json, instant
from sync.store.observations import OVERRIDES

Identity = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]
Seconds = Annotated[int, Field(ge=0, le=604_800)]
Amount = Annotated[float, Field(ge=-1e15, le=1e15)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Score = Annotated[float, Field(ge=-1_000, le=1_000)]
Moment = Annotated[str, Field(min_length=1)]

Values = Mapping[str, Json]

_AGENT = ("agent", "email", "nhân viên", "tổng đài viên", "mã nhân viên")
_CUSTOMER = ("customer", "customer_id", "khách hàng", "mã khách hàng")
_TICKET = ("ticket", "ticket_id", "yêu cầu", "mã yêu cầu", "phiếu")
_ACCOUNT = ("connector", "tài khoản", "kênh kết nối")


def _agent(*, optional: bool = False) -> Identity:
    about = "The agent: the helpdesk's id, the e-mail address, or the name in the configuration."
    value: Identity = column(*_AGENT, example="an@saomai.vn", about=about, optional=optional)
    return value


def _customer(*, optional: bool = True) -> Identity:
    value: Identity = column(*_CUSTOMER, example="KH-1042", about="Your own key of the customer.", optional=optional)
    return value


def _ticket(*, optional: bool = True) -> Identity:
    value: Identity = column(*_TICKET, example="35436", about="The helpdesk's id of the ticket.", optional=optional)
    return value


def _account() -> Identity:
    about = "The connector's name, where a row belongs to one helpdesk of several."
    value: Identity = column(*_ACCOUNT, example="sao-mai", about=about, optional=True)
    return value


def _at(*names: str, example: str = "2026-03-31 14:05", optional: bool = False, about: str | None = None) -> Moment:
    value: Moment = column(*names, example=example, about=about, optional=optional, shape="date-time")
    return value


def _seconds(*names: str, example: int, about: str, optional: bool = True) -> Seconds:
    value: Seconds = column(*names, example=example, about=about, optional=optional)
    return value


class Call(RowModel):
    """A call, or one agent's part of it where it rang for several or was passed on."""

    call_id: Identity = column("mã cuộc gọi", "id", example="c-1001")
    leg: Identity | None = column(
        "leg_id", "chặng", example="1", about="Tells the rows of one call apart, where it has several.", optional=True
    )
    started_at: Moment = _at("thời điểm bắt đầu", "bắt đầu", "thời gian", about="When it came in, or was dialled.")
    direction: Literal["inbound", "outbound"] = column(
        "chiều",
        "chiều gọi",
        "hướng",
        example="inbound",
        words={"inbound": ("in", "incoming", "gọi đến", "đến"), "outbound": ("out", "outgoing", "gọi đi", "đi")},
    )
    agent_ref: Identity | None = column(
        *_AGENT, example="an@saomai.vn", about="Who took it, or whose phone rang.", optional=True
    )
    customer_ref: Identity | None = _customer()
    ticket_ref: Identity | None = _ticket()
    queue: Identity | None = column("hàng đợi", "nhánh", example="support", optional=True)
    wait_s: Seconds | None = _seconds("wait", "thời gian chờ", example=12, about="Seconds in the queue.")
    ring_s: Seconds | None = _seconds("ring", "thời gian đổ chuông", example=5, about="Seconds his phone rang.")
    talk_s: Seconds | None = _seconds("talk", "thời gian nói chuyện", "đàm thoại", example=180, about="Seconds talked.")
    hold_s: Seconds | None = _seconds("hold", "thời gian giữ máy", example=20, about="Seconds on hold.")
    wrap_s: Seconds | None = _seconds("wrap", "xử lý sau gọi", example=30, about="Seconds of work after it.")
    outcome: Literal["answered", "abandoned_queue", "abandoned_ivr", "missed", "voicemail", "no_answer", "busy"] = (
        column(
            "kết quả",
            "trạng thái",
            "status",
            example="answered",
            about="missed: it rang for this agent, who did not pick up. no_answer, busy: dialled by him in vain.",
            words={
                "answered": ("đã trả lời", "trả lời", "nghe máy", "completed"),
                "abandoned_queue": ("abandoned", "bỏ cuộc", "khách bỏ chờ"),
                "abandoned_ivr": ("bỏ ở lời chào",),
                "missed": ("nhỡ", "gọi nhỡ", "cuộc gọi nhỡ", "không bắt máy"),
                "voicemail": ("hộp thư thoại",),
                "no_answer": ("không trả lời", "không nghe máy"),
                "busy": ("bận", "máy bận"),
            },
        )
    )
    questions: Annotated[int, Field(ge=0, le=1_000)] | None = column(
        "số câu hỏi", example=2, about="Questions the customer asked.", optional=True
    )
    correct: Annotated[int, Field(ge=0, le=1_000)] | None = column(
        "số câu đúng", "trả lời đúng", example=2, about="Of these, answered correctly.", optional=True
    )
    account: Identity | None = _account()


class Cost(RowModel):
    """What customer care cost in a period."""

    period: Moment = column("kỳ", "tháng", example="2026-03", shape="period")
    scope: Literal["account", "team", "agent", "channel"] = column(
        "phạm vi",
        example="team",
        words={
            "account": ("all", "toàn bộ", "chung"),
            "team": ("nhóm", "đội"),
            "agent": ("nhân viên",),
            "channel": ("kênh",),
        },
    )
    subject: Identity | None = column(
        "name",
        "đối tượng",
        "tên",
        example="tier-1",
        about="Whose cost it is: the team, agent or channel.",
        optional=True,
    )
    cost_type: Identity = column("type", "loại chi phí", "khoản mục", example="salary")
    amount: Amount = column("số tiền", "chi phí", example=15_000_000)
    currency: Currency = column("tiền tệ", "loại tiền", example="VND")
    account: Identity | None = _account()


class Sale(RowModel):
    """A sale, and what it came from."""

    sale_id: Identity = column("order_id", "mã đơn hàng", "id", example="s-2001")
    customer_ref: Identity = _customer(optional=False)
    sold_at: Moment = _at("ngày bán", "thời điểm bán")
    amount: Amount = column("số tiền", "doanh thu", "giá trị", example=2_500_000)
    currency: Currency = column("tiền tệ", "loại tiền", example="VND")
    source: Literal["support", "referral", "other"] = column(
        "nguồn",
        example="support",
        words={
            "support": ("hỗ trợ", "chăm sóc khách hàng"),
            "referral": ("giới thiệu", "referrer"),
            "other": ("khác",),
        },
    )
    ticket_ref: Identity | None = _ticket()
    agent_ref: Identity | None = _agent(optional=True)
    referrer_ref: Identity | None = column(
        "referrer", "người giới thiệu", example="KH-0007", about="The customer who sent him.", optional=True
    )
    account: Identity | None = _account()


class Customer(RowModel):
    """A customer, from when to when."""

    customer_ref: Identity = _customer(optional=False)
    segment: Identity | None = column("phân khúc", "nhóm khách hàng", example="retail", optional=True)
    country: Identity | None = column("quốc gia", "nước", example="VN", optional=True)
    active_from: Moment = column("từ ngày", "ngày bắt đầu", example="2025-01-15", shape="date")
    active_to: Moment | None = column(
        "đến ngày",
        "ngày kết thúc",
        example="2026-03-31",
        about="The last day as a customer; empty while he stays.",
        optional=True,
        shape="date",
    )
    is_core: bool | None = column("core", "thân thiết", "khách hàng thân thiết", example="true", optional=True)
    requester_ref: Identity | None = column(
        "requester",
        "mã trên hệ thống hỗ trợ",
        example="361000001",
        about="The helpdesk's id of the customer, where it is another than your own key.",
        optional=True,
    )


_CATEGORIES = {
    "listening": ("lắng nghe",),
    "attitude": ("thái độ",),
    "communication": ("giao tiếp",),
    "solving": ("problem solving", "giải quyết vấn đề"),
    "correctness": ("correct content", "đúng nội dung", "trả lời đúng"),
    "conciseness": ("to the point", "đúng trọng tâm", "ngắn gọn"),
    "room_to_speak": ("lets the customer speak", "để khách hàng nói"),
    "service_mention": ("mentions services", "giới thiệu dịch vụ khéo léo"),
}


class QualityReview(RowModel):
    """One category of a quality review; the rows of one review share its id."""

    review_id: Identity = column("mã đánh giá", "id", example="r-31")
    reviewed_at: Moment = _at("ngày đánh giá", "thời điểm đánh giá")
    reviewer: Identity = column("người đánh giá", example="lead@saomai.vn")
    agent_ref: Identity = _agent()
    ticket_ref: Identity | None = _ticket()
    scorecard_version: Identity = column("version", "phiên bản", "bảng điểm", example="2026-1")
    category: Identity = column("tiêu chí", "hạng mục", example="listening", words=_CATEGORIES)
    weight: Annotated[float, Field(ge=0, le=1_000)] = column("trọng số", example=1)
    score: Score | None = column("điểm", example=4, about="Empty where the category did not apply.", optional=True)
    scale_min: Score = column("min", "điểm thấp nhất", example=1)
    scale_max: Score = column("max", "điểm cao nhất", example=5)
    critical: bool | None = column("nghiêm trọng", "trọng yếu", example="false", optional=True)
    na: bool | None = column("not applicable", "không áp dụng", example="false", optional=True)
    account: Identity | None = _account()


class Evaluation(RowModel):
    """What a manager, a peer or the agent himself thinks of a period's work."""

    period: Moment = column("kỳ", "tháng", example="2026-03", shape="period")
    agent_ref: Identity = _agent()
    evaluator: Identity = column("người đánh giá", example="lead@saomai.vn")
    role: Literal["manager", "peer", "self"] = column(
        "vai trò",
        example="manager",
        words={
            "manager": ("quản lý", "lead", "trưởng nhóm"),
            "peer": ("đồng nghiệp",),
            "self": ("tự đánh giá", "bản thân"),
        },
    )
    item: Identity = column(
        "tiêu chí",
        "hạng mục",
        example="teamwork",
        words={
            "teamwork": ("làm việc nhóm", "tinh thần đồng đội"),
            "adaptability": ("thích ứng", "khả năng thích ứng"),
        },
    )
    weight: Annotated[float, Field(ge=0, le=1_000)] | None = column(
        "trọng số", example=1, about="1 where it is empty.", optional=True
    )
    score: Score = column("điểm", example=4)
    scale_min: Score | None = column("min", "điểm thấp nhất", example=1, about="1 where it is empty.", optional=True)
    scale_max: Score = column("max", "thang điểm", "điểm cao nhất", example=5)
    comment: Words | None = column(
        "nhận xét", "ghi chú", example="", about="Read, and not kept.", optional=True, kept=False
    )
    account: Identity | None = _account()


class Survey(RowModel):
    """One answer of a survey outside the helpdesk; without an answer the row says that it was sent."""

    response_id: Identity = column("mã phản hồi", "id", example="n-77")
    instrument: Literal["csat", "nps", "ces", "servqual"] = column("loại khảo sát", "khảo sát", example="nps")
    item: Identity = column(
        "câu hỏi",
        "mục",
        example="recommend",
        about="recommend, effort, willingness (to go on paying), satisfaction; of servqual the item's name.",
        words={
            "recommend": ("giới thiệu", "sẵn sàng giới thiệu"),
            "effort": ("nỗ lực", "mức độ dễ dàng"),
            "willingness": ("go on paying", "tiếp tục chi trả", "tiếp tục sử dụng"),
            "satisfaction": ("hài lòng", "mức độ hài lòng"),
        },
    )
    dimension: Identity | None = column(
        "khía cạnh",
        example="reliability",
        about="Of servqual: tangibles, reliability, responsiveness, assurance or empathy.",
        optional=True,
        words={
            "tangibles": ("hữu hình", "phương tiện hữu hình"),
            "reliability": ("tin cậy", "độ tin cậy"),
            "responsiveness": ("đáp ứng", "khả năng đáp ứng"),
            "assurance": ("đảm bảo", "năng lực phục vụ"),
            "empathy": ("đồng cảm", "thấu cảm"),
        },
    )
    kind: Literal["single", "expectation", "perception"] | None = column(
        "loại",
        example="single",
        optional=True,
        words={"single": ("đơn",), "expectation": ("kỳ vọng",), "perception": ("cảm nhận",)},
    )
    score: Score | None = column("điểm", example=9, about="Empty where nobody answered.", optional=True)
    scale_min: Score = column("min", "điểm thấp nhất", example=0)
    scale_max: Score = column("max", "điểm cao nhất", example=10)
    higher_is_better: bool | None = column("cao là tốt", example="true", optional=True)
    sent_at: Moment = _at("ngày gửi", "thời điểm gửi")
    answered_at: Moment | None = _at("ngày trả lời", "thời điểm trả lời", example="2026-03-31 18:20", optional=True)
    customer_ref: Identity = _customer(optional=False)
    ticket_ref: Identity | None = _ticket()
    agent_ref: Identity | None = _agent(optional=True)
    account: Identity | None = _account()


class Social(RowModel):
    """A rating on a public page."""

    site: Identity = column("trang", "nền tảng", example="Google")
    posted_at: Moment = _at("ngày đăng", "thời điểm đăng")
    stars: Annotated[float, Field(ge=0, le=10)] = column("số sao", "sao", example=4)
    scale_max: Annotated[float, Field(gt=0, le=10)] | None = column(
        "max", "thang điểm", example=5, about="5 where it is empty.", optional=True
    )
    url: Words = column("link", "liên kết", "địa chỉ", example="https://example.com/reviews/1")
    ticket_ref: Identity | None = _ticket()
    agent_ref: Identity | None = _agent(optional=True)
    account: Identity | None = _account()


class Proposal(RowModel):
    """Somebody's proposal to improve a product, a policy or the work."""

    proposal_id: Identity = column("mã đề xuất", "id", example="p-12")
    proposed_at: Moment = _at("ngày đề xuất", "thời điểm đề xuất")
    agent_ref: Identity = _agent()
    topic: Identity | None = column("chủ đề", example="packaging", optional=True)
    state: Literal["proposed", "accepted", "done", "declined"] | None = column(
        "trạng thái",
        example="accepted",
        optional=True,
        words={
            "proposed": ("đề xuất", "mới"),
            "accepted": ("chấp nhận", "đã duyệt"),
            "done": ("hoàn thành", "đã làm"),
            "declined": ("từ chối",),
        },
    )
    account: Identity | None = _account()


class Outbound(RowModel):
    """A contact that the agent made of his own accord."""

    contact_id: Identity = column("mã liên hệ", "id", example="o-5")
    contacted_at: Moment = _at("ngày liên hệ", "thời điểm liên hệ")
    agent_ref: Identity = _agent()
    customer_ref: Identity = _customer(optional=False)
    channel: Identity = column("kênh", example="phone")
    purpose: Identity | None = column("mục đích", example="follow-up", optional=True)
    reached: bool | None = column("liên hệ được", "gặp được", example="true", optional=True)
    ticket_ref: Identity | None = _ticket()
    account: Identity | None = _account()


class Override(RowModel):
    """A decision that a ticket's clock or rating counts for nobody, or that a dispute is refused."""

    ticket_ref: Identity = _ticket(optional=False)
    clock: Literal["first_reply", "next_reply", "resolution", "rating", "refused"] = column(
        "what",
        "đồng hồ",
        "nội dung",
        example="first_reply",
        about="The clock that is exempted, or the rating; refused: the agent's dispute is, and all counts.",
        words={
            "first_reply": ("phản hồi đầu tiên",),
            "next_reply": ("phản hồi tiếp theo",),
            "resolution": ("giải quyết",),
            "rating": ("đánh giá",),
            "refused": ("từ chối", "bác"),
        },
    )
    reason: Words = column("lý do", example="The telephone exchange was down.")
    approved_by: Identity = column("approver", "người duyệt", example="lead@saomai.vn")
    approved_at: Moment = _at("ngày duyệt", "thời điểm duyệt")
    account: Identity | None = _account()


class AgentState(RowModel):
    """A stretch in which an agent was there for calls, or was not."""

    agent_ref: Identity = _agent()
    started_at: Moment = _at("bắt đầu", "thời điểm bắt đầu")
    state: Literal["available", "away"] = column(
        "trạng thái",
        example="available",
        about="available: ready, and not on a call; away: anything else.",
        words={"available": ("ready", "sẵn sàng"), "away": ("break", "vắng mặt", "nghỉ")},
    )
    seconds: Seconds = _seconds("giây", example=1_800, about="How long it lasted.", optional=False)
    account: Identity | None = _account()


class WorkItem(RowModel):
    """Work on something, from taking it up to being done with it: a time entry, or an item routed to an agent."""

    work_item_id: Identity = column("mã công việc", "id", example="w-1001")
    closed_at: Moment = _at("thời điểm xong", "kết thúc", about="When the agent was done with it.")
    agent_ref: Identity = _agent()
    ticket_ref: Identity | None = _ticket()
    channel: Identity | None = column("kênh", example="chat", optional=True)
    handle_s: Seconds = _seconds("handle", "thời gian xử lý", example=540, about="Seconds it took.", optional=False)
    active_s: Seconds | None = _seconds(
        "active", "thời gian tập trung", example=300, about="Of these, seconds in which it was in front of the agent."
    )
    account: Identity | None = _account()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file: what a row is, which columns tell it from another, and when and of whom it speaks.

    `at` names the column with its instant, day or period; an observation of a period stands at its last second.
    `misfit` says what is wrong between a row's columns, `of_agent` whether the column names an agent in a row.
    """

    name: str
    title: Message
    model: type[RowModel]
    key: tuple[str, ...]
    at: str = ""
    agent: str | None = "agent_ref"
    customer: str | None = "customer_ref"
    ticket: str | None = "ticket_ref"
    misfit: Callable[[Values], Message | None] = lambda _values: None
    of_agent: Callable[[Values], bool] = lambda _values: True
    observed: bool = True


def _call_misfit(values: Values) -> Message | None:
    if int(values.get("correct", 0)) > int(values.get("questions", values.get("correct", 0))):
        return message("more answers are correct than questions were asked")
    if values["outcome"] in ("answered", "missed") and "agent_ref" not in values:
        return message("a call that was answered or missed needs {column}", column="agent_ref")
    return None


def _work_misfit(values: Values) -> Message | None:
    if int(values.get("active_s", 0)) > int(values["handle_s"]):
        return message("{part} is more than {whole}", part="active_s", whole="handle_s")
    return None


def _cost_misfit(values: Values) -> Message | None:
    if values["scope"] != "account" and "subject" not in values:
        return message("a cost of one team, agent or channel needs {column}", column="subject")
    return None


def _customer_misfit(values: Values) -> Message | None:
    if str(values.get("active_to", "9999")) < str(values["active_from"]):
        return message("{later} is before {earlier}", later="active_to", earlier="active_from")
    return None


def _scored_misfit(values: Values) -> Message | None:
    low, high = float(values.get("scale_min", 1)), float(values["scale_max"])
    if low >= high:
        return message(
            "the scale {low} to {high} has no room", low=values.get("scale_min", 1), high=values["scale_max"]
        )
    if "score" in values and not low <= float(values["score"]) <= high:
        return message("the score {score} is not on the scale", score=values["score"])
    return None


def _review_misfit(values: Values) -> Message | None:
    if ("score" in values) is bool(values.get("na", False)):
        return message("a category has a score, or it is marked as not applicable ({column})", column="na")
    return _scored_misfit(values)


def _survey_misfit(values: Values) -> Message | None:
    if ("score" in values) is not ("answered_at" in values):
        return message("{one} and {other} go together", one="score", other="answered_at")
    if "answered_at" in values and instant(str(values["answered_at"])) < instant(str(values["sent_at"])):
        return message("{later} is before {earlier}", later="answered_at", earlier="sent_at")
    if "answered_at" in values and instant(str(values["answered_at"])) > instant(str(values["sent_at"])) + YEAR:
        return message("{later} is more than a year after {earlier}", later="answered_at", earlier="sent_at")
    return _gap_misfit(values) or _scored_misfit(values)


def _gap_misfit(values: Values) -> Message | None:
    """Return what a row of a SERVQUAL survey lacks."""
    if values["instrument"] != "servqual":
        return None
    if values.get("dimension") not in DIMENSIONS:
        return message("a row of servqual needs {column}: {allowed}", column="dimension", allowed=", ".join(DIMENSIONS))
    if values.get("kind") not in ("expectation", "perception"):
        return message("a row of servqual needs {column}: {allowed}", column="kind", allowed="expectation, perception")
    return None


def _social_misfit(values: Values) -> Message | None:
    if float(values["stars"]) > float(values.get("scale_max", 5)):
        return message("the score {score} is not on the scale", score=values["stars"])
    return None


_OBSERVED = (
    Kind(
        name="calls",
        title=message("calls"),
        model=Call,
        key=("call_id", "leg"),
        at="started_at",
        misfit=_call_misfit,
    ),
    Kind(
        name="costs",
        title=message("costs"),
        model=Cost,
        key=("period", "scope", "subject", "cost_type", "currency"),
        at="period",
        agent="subject",
        of_agent=lambda values: values["scope"] == "agent",
        customer=None,
        ticket=None,
        misfit=_cost_misfit,
    ),
    Kind(name="sales", title=message("sales"), model=Sale, key=("sale_id",), at="sold_at"),
    Kind(
        name="customers",
        title=message("customers"),
        model=Customer,
        key=("customer_ref", "active_from"),
        at="active_from",
        agent=None,
        ticket=None,
        misfit=_customer_misfit,
    ),
    Kind(
        name="qa_reviews",
        title=message("quality reviews"),
        model=QualityReview,
        key=("review_id", "category"),
        at="reviewed_at",
        customer=None,
        misfit=_review_misfit,
    ),
    Kind(
        name="evaluations",
        title=message("evaluations"),
        model=Evaluation,
        key=("period", "agent_ref", "evaluator", "role", "item"),
        at="period",
        customer=None,
        ticket=None,
        misfit=_scored_misfit,
    ),
    Kind(
        name="surveys",
        title=message("survey responses"),
        model=Survey,
        key=("response_id", "instrument", "item", "kind"),
        at="sent_at",
        misfit=_survey_misfit,
    ),
    Kind(
        name="social",
        title=message("ratings on public pages"),
        model=Social,
        key=("url",),
        at="posted_at",
        customer=None,
        misfit=_social_misfit,
    ),
    Kind(
        name="proposals",
        title=message("proposals for improvement"),
        model=Proposal,
        key=("proposal_id",),
        at="proposed_at",
        customer=None,
        ticket=None,
    ),
    Kind(
        name=OVERRIDES,
        title=message("overrides"),
        model=Override,
        key=("ticket_ref", "clock", "account"),
        at="approved_at",
        agent=None,
        customer=None,
    ),
    Kind(
        name="outbound_contacts",
        title=message("contacts of our own accord"),
        model=Outbound,
        key=("contact_id",),
        at="contacted_at",
    ),
    Kind(
        name="agent_states",
        title=message("states of agents"),
        model=AgentState,
        key=("agent_ref", "started_at"),
        at="started_at",
        customer=None,
        ticket=None,
    ),
    Kind(
        name="work_items",
        title=message("work items"),
        model=WorkItem,
        key=("work_item_id",),
        at="closed_at",
        customer=None,
        misfit=_work_misfit,
    ),
)

_ABOUT_PEOPLE = (
    Kind(
        name="org",
        title=message("the organization"),
        model=OrgRow,
        key=("agent_ref", "valid_from"),
        customer=None,
        ticket=None,
        misfit=org_misfit,
        observed=False,
    ),
    Kind(
        name="roster",
        title=message("rosters"),
        model=RosterRow,
        key=("agent_ref", "kind", "first_day", "starts_at"),
        customer=None,
        ticket=None,
        misfit=roster_misfit,
        observed=False,
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (*_OBSERVED, *_ABOUT_PEOPLE)}
"""Every kind of file by its name on the command line and in the configuration."""
