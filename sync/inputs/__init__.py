"""What no helpdesk tells: files of calls, costs, reviews and the like, read row by row and kept as observations."""
