"""The command line: each command in a file of its own, loaded only when it is called."""

from importlib import import_module

import click

from kpi_engine.message import Message, message
from sync.locale import click_speaks, preferred_language, terminal_text

COMMANDS: dict[str, Message] = {
    "demo": message("Show the whole product against a simulated helpdesk; needs no account."),
    "init": message("Write a commented configuration file."),
    "check": message("Check settings, sign-in, rights, quota, clocks, fields, calendars and store."),
    "setup": message("Show and make the custom fields, their places on forms, and a view of what is overdue."),
    "sync": message("Run one pass: pull, measure, write back."),
    "run": message("Run passes on schedule until stopped."),
    "report": message("Show the scorecards of a period."),
    "explain": message("Show the tickets behind one figure."),
    "compare": message("Compare teams, countries, agents or channels, or two periods, like for like."),
    "export": message("Write the rows behind the figures as CSV, JSON or Parquet."),
    "import": message("Bring in a CSV file of calls, costs, reviews and the like."),
    "override": message("Exempt a ticket's clock or rating, or decide a dispute."),
    "ledger": message("Show what fell due, and what was charged to whom on which evidence."),
    "reconcile": message("Compare our figures with the helpdesk's own."),
    "status": message("Show the last passes, the data's age, the outbox, the quarantine and the next runs."),
    "rules": message("Check, test, show and compare policies."),
    "announce": message("Tell agents of rules by a ticket each, and see who acknowledged them."),
    "simulate": message("Show what would differ under another policy file; writes nothing."),
    "recompute": message("Measure everything again, correct a settled period, or fetch tickets again."),
    "quarantine": message("Look at unreadable rows, read them again, or give them up."),
    "store": message("Show what is stored, and delete what is older than it may be kept."),
    "forget": message("Make a person unrecognizable in everything that is stored."),
    "revert": message("Restore what stood before a pass wrote, as a plan first."),
    "schema": message("Print the JSON Schema of the configuration file, or of an input."),
    "version": message("Print the version."),
}


click_speaks(preferred_language())


class _Commands(click.Group):
    """A group that knows its commands by name and imports one only to run it, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its click command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"sync.cli.{cmd_name}_command").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section(terminal_text(message("Commands"))):
            formatter.write_dl([(name, terminal_text(text)) for name, text in COMMANDS.items()])


@click.command(
    cls=_Commands,
    help=terminal_text(
        message(
            "Computes customer-care indicators from a helpdesk, explainably, and writes them back where agents work."
        )
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def main() -> None:
    """Run the command line."""
