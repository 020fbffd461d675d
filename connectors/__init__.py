"""How each helpdesk speaks; this file alone lists them."""
