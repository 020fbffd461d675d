from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config import Settings, SettingsError, load

HEAD = """\
version: 1
organization: Công ty Sao Mai
timezone: Asia/Ho_Chi_Minh
connectors:
  - name: sao-mai
    kind: zendesk
    base_url: https://saomai.zendesk.com
    auth: {method: bearer, token: "${env:TOKEN}"}
"""


class Desk:
    """A folder with a configuration in it; problems come without the folder's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "helpdesk-kpi.yaml"
        self.head = HEAD

    def load(self, text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
        """Load exactly this text."""
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(self.path, {} if environ is None else environ)

    def settings(self, more: str = "", environ: Mapping[str, str] | None = None) -> Settings:
        """Load a good beginning (eight lines) and more."""
        return self.load(HEAD + more, environ)

    def wrong(self, text: str | bytes) -> list[str]:
        """Return all problems of exactly this text."""
        return self.told(lambda: self.load(text))

    def wrong_after(self, more: str) -> list[str]:
        """Return all problems of a good beginning (eight lines) and more."""
        return self.wrong(HEAD + more)

    def told(self, act: Callable[[], object]) -> list[str]:
        """Return the problems that `act` raises."""
        with pytest.raises(SettingsError) as caught:
            act()
        assert caught.value.problems
        return str(caught.value).replace(f"{self.folder}/", "").split("\n")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
