"""The indicators, one table a family."""
