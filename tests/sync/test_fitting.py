import io

from rich.console import Console

from sync.fitting import NAME_WIDTH, Linked, plain_table

URL = "https://saomai.zendesk.com/agent/tickets/17"
TABLE = Linked("Missed", ["Ticket", "Whose"], "Link", [(["17", "Ngọc"], URL)])


def printed(renderable: object, width: int, *, terminal: bool) -> str:
    screen = Console(file=io.StringIO(), width=width, force_terminal=terminal, legacy_windows=False)
    with screen.capture() as found:
        screen.print(renderable)
    return found.get()


def test_where_there_is_room_the_address_stands_beside_the_ticket() -> None:
    assert URL in printed(TABLE, 80, terminal=False)
    assert "Link" in printed(TABLE, 80, terminal=True)


def test_on_a_narrow_terminal_the_number_itself_is_the_link_and_nothing_is_wrapped() -> None:
    shown = printed(TABLE, 30, terminal=True)
    assert "Link" not in shown
    assert f";{URL}\x1b\\17 " in shown


def test_in_a_narrow_pipe_the_address_stays_for_nobody_can_click_there() -> None:
    assert "saomai" in printed(TABLE, 30, terminal=False)


def test_a_very_long_name_is_folded_and_leaves_the_figures_in_sight() -> None:
    table = plain_table()
    table.add_column("Agent", overflow="fold", max_width=NAME_WIDTH)
    table.add_column("Solved")
    table.add_row("Dương " * 40, "12")
    first = printed(table, 240, terminal=False).splitlines()[1]
    assert first.rstrip().endswith("12")
    assert len(first.rstrip()) < NAME_WIDTH + 10
