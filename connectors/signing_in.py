"""The ways of signing in that any helpdesk may use."""

from base64 import b64encode
from dataclasses import dataclass, field

from connectors.errors import SignInError
from connectors.http import Session


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that is valid until somebody revokes it."""

    token: str = field(repr=False)

    def headers(self, session: Session) -> dict[str, str]:  # noqa: ARG002 -- a token needs nothing from the session
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}

    def refresh(self, session: Session) -> bool:  # noqa: ARG002 -- as above
        """Return False: a refused token stays refused."""
        return False


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password, or what a helpdesk wants in their places."""

    username: str
    password: str = field(repr=False)

    def headers(self, session: Session) -> dict[str, str]:  # noqa: ARG002 -- a password needs nothing from the session
        """Return the Authorization header."""
        return {"Authorization": f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"}

    def refresh(self, session: Session) -> bool:  # noqa: ARG002 -- as above
        """Return False: a refused password stays refused."""
        return False


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credentials, for an address that carries its own right to be read."""

    def headers(self, session: Session) -> dict[str, str]:  # noqa: ARG002 -- as above
        """Return nothing to sign with."""
        return {}

    def refresh(self, session: Session) -> bool:  # noqa: ARG002 -- as above
        """Return False: there is nothing to renew."""
        return False


@dataclass(frozen=True, slots=True)
class Unsigned:
    """No credentials, for whoever asks the helpdesk nothing; a request fails with the reason they are missing."""

    reason: SignInError

    def headers(self, session: Session) -> dict[str, str]:  # noqa: ARG002 -- nothing is ever sent
        """Raise the reason."""
        raise self.reason

    def refresh(self, session: Session) -> bool:  # noqa: ARG002 -- as above
        """Return False: there is nothing to renew."""
        return False
