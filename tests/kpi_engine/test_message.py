from kpi_engine.message import Message, message


def test_a_message_is_its_english_sentence_with_its_values_filled_in() -> None:
    said = message("the tag {tag} has {count} tickets", tag="vip", count=3)
    assert str(said) == "the tag vip has 3 tickets"
    assert said == Message("the tag {tag} has {count} tickets", {"tag": "vip", "count": 3})


def test_a_value_may_be_called_text() -> None:
    assert str(message("“{text}” is empty", text="x")) == "“x” is empty"
