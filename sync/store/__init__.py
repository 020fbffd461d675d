"""The store: everything remembered between passes."""
