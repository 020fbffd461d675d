"""Helpdesks simulated on loopback, for the demo and the tests."""

from connectors.sandbox.freshdesk.sandbox import FreshdeskSandbox
from connectors.sandbox.salesforce.sandbox import SalesforceSandbox
from connectors.sandbox.sandbox import Sandbox, serve_forever
from connectors.sandbox.zendesk.sandbox import ApiToken, OAuth, ZendeskSandbox

__all__ = ["ApiToken", "FreshdeskSandbox", "OAuth", "SalesforceSandbox", "Sandbox", "ZendeskSandbox", "serve_forever"]
