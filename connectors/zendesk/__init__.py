"""Zendesk: its resources and verbs."""
