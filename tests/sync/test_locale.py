import os
import subprocess
import sys

import pytest

from kpi_engine.message import Message, message
from sync.counting import ROWS, TICKETS
from sync.locale import LANGUAGE_VARIABLE, Language, preferred_language, terminal_text

VIETNAMESE = Language("vi", "Asia/Ho_Chi_Minh")
ENGLISH = Language("en", "Asia/Ho_Chi_Minh")
LOCALE_VARIABLES = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
MONDAY_EVENING = 1_795_430_000  # 2026-11-23 17:33:20 in Ho Chi Minh City


@pytest.fixture(autouse=True)
def no_language_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in LOCALE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_a_sentence_is_said_in_the_language_with_its_values() -> None:
    sentence = message("{name}: {tickets}", name="sao-mai", tickets=TICKETS.of(1234, VIETNAMESE))
    assert ENGLISH(sentence) == "sao-mai: 1.234 tickets"
    assert VIETNAMESE(sentence) == "sao-mai: 1.234 yêu cầu"


@pytest.mark.parametrize(("n", "english", "vietnamese"), [(0, "0 rows", "0 dòng"), (1, "1 row", "1 dòng")])
def test_a_number_has_the_noun_that_fits_it(n: int, english: str, vietnamese: str) -> None:
    assert (ENGLISH(ROWS.of(n)), VIETNAMESE(ROWS.of(n, VIETNAMESE))) == (english, vietnamese)
    assert ENGLISH(ROWS.of(5611, ENGLISH)) == "5,611 rows"


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    late = message("{clock} is over its goal", clock=message("First reply"))
    told = message("ticket {id}: {field}: {old} → {new} ({why})", id=7, field="KPI", old="–", new="–", why=late)
    assert VIETNAMESE(told) == "yêu cầu 7: KPI: – → – (Phản hồi đầu tiên đã quá hạn)"
    assert ENGLISH(told) == "ticket 7: KPI: – → – (First reply is over its goal)"


def test_a_value_that_reads_like_a_placeholder_stays_as_it_is() -> None:
    assert VIETNAMESE(message("{file} written", file="{old}")) == "đã ghi {old}"


def test_what_is_itself_data_stays_as_it_is() -> None:
    assert VIETNAMESE(Message("Trần Thị Bích Ngọc")) == "Trần Thị Bích Ngọc"


def test_an_empty_sentence_stays_empty() -> None:
    """Gettext keeps the catalogue's own header under the empty text."""
    assert VIETNAMESE(Message("")) == ""


def test_a_template_keeps_its_placeholders_open() -> None:
    assert VIETNAMESE.template("field {title}") == "trường {title}"


@pytest.mark.parametrize(
    ("language", "whole", "broken"), [(VIETNAMESE, "1.234", "1.234,5"), (ENGLISH, "1,234", "1,234.5")]
)
def test_a_number_is_grouped_and_broken_as_the_language_writes_it(language: Language, whole: str, broken: str) -> None:
    assert language.number(1234) == whole
    assert language.number(1234.5, 1) == broken


def test_a_share_is_a_percentage_with_no_more_digits_than_it_needs() -> None:
    assert VIETNAMESE.percent(0.7333) == "73,3%"
    assert ENGLISH.percent(0.7333) == "73.3%"
    assert VIETNAMESE.percent(0.5) == "50%"
    assert ENGLISH.percent(0.7333, 0) == "73%"


@pytest.mark.parametrize(
    ("seconds", "vietnamese", "english"),
    [
        (0, "0 giây", "0 sec"),
        (59.4, "59 giây", "59 sec"),
        (59.6, "1 phút", "1 min"),
        (89, "1 phút", "1 min"),
        (90, "2 phút", "2 min"),
        (3569, "59 phút", "59 min"),
        (3570, "1 giờ", "1 hr"),
        (2 * 3600 + 43 * 60, "2 giờ 43 phút", "2 hr 43 min"),
        (118 * 3600, "118 giờ", "118 hr"),
    ],
)
def test_a_stretch_of_time_is_told_in_the_two_units_that_matter(seconds: float, vietnamese: str, english: str) -> None:
    assert VIETNAMESE.duration(seconds) == vietnamese
    assert ENGLISH.duration(seconds) == english


def test_a_moment_is_told_in_the_report_time_zone() -> None:
    assert VIETNAMESE.moment(MONDAY_EVENING) == "2026-11-23 17:33"
    assert Language("en").moment(MONDAY_EVENING) == "2026-11-23 10:33"


def test_a_day_is_the_one_that_the_report_time_zone_has() -> None:
    late = MONDAY_EVENING + 7 * 3600  # already Tuesday there, still Monday in UTC
    assert VIETNAMESE.day(late) == "24 thg 11, 2026"
    assert ENGLISH.day(late) == "Nov 24, 2026"
    assert Language("en").day(late) == "Nov 23, 2026"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "vi_VN"}, "vi"),
        ({"LC_ALL": "", "LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LC_ALL": "vi_VN", LANGUAGE_VARIABLE: "en"}, "en"),
        ({"LC_ALL": "en_US", LANGUAGE_VARIABLE: "vi"}, "vi"),
    ],
)
def test_the_terminal_speaks_the_language_it_is_set_to(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert preferred_language() == language


def test_a_text_before_any_configuration_is_in_the_terminals_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_text(message("Print the version.")) == "Print the version."
    monkeypatch.setenv(LANGUAGE_VARIABLE, "vi")
    assert terminal_text(message("Print the version.")) == "In phiên bản."


def _called(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, for click's words are chosen when it starts."""
    code = "from sync.cli import main; main(prog_name='helpdesk-kpi')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_help_is_vietnamese_throughout_where_the_terminal_is() -> None:
    told = _called("version", "--help", LANG="vi_VN.UTF-8").stdout
    assert told.startswith("Cách dùng: helpdesk-kpi version [OPTIONS]\n\n  In phiên bản.\n\nTùy chọn:\n")
    assert "[mặc định: helpdesk-kpi.yaml]" in told
    assert "In phần trợ giúp này rồi thoát." in told


def test_a_mistyped_command_is_answered_in_vietnamese() -> None:
    told = _called("reprot", HELPDESK_KPI_LANGUAGE="vi").stderr
    assert "Gõ 'helpdesk-kpi --help' để xem trợ giúp." in told
    assert "Lỗi: Không có lệnh 'reprot'." in told


def test_help_stays_english_on_a_vietnamese_machine_that_asks_for_it() -> None:
    told = _called("--help", LANG="vi_VN.UTF-8", HELPDESK_KPI_LANGUAGE="en").stdout
    assert told.startswith("Usage: helpdesk-kpi [OPTIONS] COMMAND [ARGS]...\n\n  Computes customer-care indicators")
    assert "\nOptions:\n" in told
    assert "\nCommands:\n" in told
