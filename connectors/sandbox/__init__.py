"""Helpdesks simulated on loopback, for the demo and the tests."""

from connectors.sandbox.zendesk.sandbox import ApiToken, OAuth, ZendeskSandbox, serve_forever

__all__ = ["ApiToken", "OAuth", "ZendeskSandbox", "serve_forever"]
