"""A simulated Zendesk account: what it holds, how it lives, and the API it answers."""
