"""What was said and seen, kept in a database, and answers about the past."""
