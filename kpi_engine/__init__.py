"""What we know about service quality: records, calendars, clocks, rules and indicators, as pure functions."""
