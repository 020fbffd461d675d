"""Helpdesks simulated on loopback, for the demo and the tests."""
