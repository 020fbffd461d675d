"""A simulated Freshdesk account."""
