"""One simulated company's customers, agents and tickets, in words that suit every helpdesk."""
