"""Summary tickets: one for each agent or team and period, from the day it is due to its last correction."""
