"""The ways of signing in that any helpdesk may use, and what a helpdesk's own way must offer."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from connectors.http import Session


class SignIn(Protocol):
    """How requests are signed; may itself send through the session, with `unsigned=True`."""

    def headers(self, session: "Session") -> dict[str, str]:
        """Return the headers that sign a request, asking for a token first where one is needed."""
        ...

    def refresh(self, session: "Session") -> bool:
        """After a 401: renew the credentials; True means that trying once more makes sense."""
        ...


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that is valid until somebody revokes it."""

    token: str = field(repr=False)

    def headers(self, session: "Session") -> dict[str, str]:  # noqa: ARG002 -- a token needs nothing from the session
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}

    def refresh(self, session: "Session") -> bool:  # noqa: ARG002 -- as above
        """Return False: a refused token stays refused."""
        return False


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password, or what a helpdesk wants in their places."""

    username: str
    password: str = field(repr=False)

    def headers(self, session: "Session") -> dict[str, str]:  # noqa: ARG002 -- a password needs nothing from the session
        """Return the Authorization header."""
        return {"Authorization": f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"}

    def refresh(self, session: "Session") -> bool:  # noqa: ARG002 -- as above
        """Return False: a refused password stays refused."""
        return False
