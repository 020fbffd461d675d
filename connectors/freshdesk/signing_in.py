"""Signing in to Freshdesk: with an agent's API key in the place of a user's name."""

from connectors.connecting import Credentials
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.signing_in import Basic


def credentials(settings: FreshdeskSettings) -> Credentials:
    """Return the configured way of signing in; raises SecretError where its secret cannot be read."""
    key = settings.auth.api_key.reveal()
    return Credentials(Basic(key, "X"), [key])
