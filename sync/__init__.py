"""When passes run, and what we remember between them."""
