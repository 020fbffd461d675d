import pytest

from sync.summaries.page import Group, Heading, Items, Link, Paragraph, Row, Table, as_html, as_text, harmless

PAGE = (
    Heading("KPI", 2),
    Paragraph("For An"),
    Table(("Name", "Value", "Range", "Before"), (Group("Work", (Row("Solved", "3", "n = 3", "= from 3"),)),)),
    Items((Link("First reply", "https://a.example/1", "#1"), Link("2 more"))),
    Paragraph("The end"),
)


def test_html_and_text_say_the_same() -> None:
    html, text = as_html(PAGE), as_text(PAGE)
    for words in (
        "KPI",
        "For An",
        "Work",
        "Solved",
        "n = 3",
        "= from 3",
        "First reply",
        "https://a.example/1",
        "2 more",
    ):
        assert words in html
        assert words in text
    assert text.splitlines()[0] == "KPI"
    assert "  Solved: 3 (n = 3; = from 3)" in text
    assert "- https://a.example/1 · First reply" in text
    assert "\n\n\n" not in text
    assert '<a href="https://a.example/1">#1</a> · First reply' in html


def test_a_link_without_words_or_address_is_whole_all_the_same() -> None:
    items = Items((Link("", "https://a.example/1"), Link("alone")))
    assert as_html([items]) == ('<ul><li><a href="https://a.example/1">https://a.example/1</a></li><li>alone</li></ul>')
    assert as_text([items]) == "- https://a.example/1\n- alone"


def test_fault_42_nothing_in_a_page_is_markup_or_a_placeholder() -> None:
    """A name with a tag, a handler and Zendesk's and Liquid's placeholders, in every place a page has."""
    evil = "<img src=x onerror=alert(1)> {{ticket.id}} {% if %} {{{x}}} \"'"
    page = (
        Heading(evil),
        Paragraph(evil),
        Table((evil, evil, evil, evil), (Group(evil, (Row(evil, evil, evil, evil),)),)),
        Items((Link(evil, "https://a.example/?" + evil, evil), Link(evil))),
    )
    html, text = as_html(page), as_text(page)
    assert "<img" not in html
    assert html.count('"') - html.count('href="') * 2 - html.count('colspan="') * 2 == 0
    for shown in (html, text):
        assert "{{" not in shown
        assert "{%" not in shown
    assert "ticket.id" in html


@pytest.mark.parametrize(
    ("name", "shown"),
    [("An\nBình\t\x00", "An Bình"), ("\u202eevil", "evil"), ("a{{b", "a{\u200b{b"), ("Nguyễn 👩‍💻", "Nguyễn 👩 💻")],
)
def test_fault_22_a_name_is_one_line_that_steers_nothing(name: str, shown: str) -> None:
    assert harmless(name) == shown
