"""What can go wrong when talking to a helpdesk, sorted by what the caller does next."""

from kpi_engine.message import Message


class ConnectorError(Exception):
    """Any of the errors below; its message is translatable and never holds a secret."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class TransientError(ConnectorError):
    """Repeat later: the helpdesk is busy, broken or out of reach for now; `after` is in seconds, None unknown."""

    def __init__(self, message: Message, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RefusedError(ConnectorError):
    """Set this one request aside: the helpdesk understood it and will not do it (`status` is HTTP's)."""

    def __init__(self, message: Message, status: int, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


class SignInError(ConnectorError):
    """Stop until someone mends the credentials or the rights (`status` 403: signed in, but the right is missing)."""

    def __init__(self, message: Message, status: int = 401, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


class AddressError(ConnectorError):
    """Stop until someone mends `base_url`: no such host, or no helpdesk behind it."""


class SettingError(ConnectorError):
    """Stop until someone mends the configuration: it asks for what cannot be."""


class UnexpectedPayloadError(ConnectorError):
    """The answer has a shape we do not know (HTML, truncated JSON, another type): report it, move nothing."""


class InDoubtError(ConnectorError):
    """A write was sent and its answer lost: find out what became of it before anything is repeated."""
