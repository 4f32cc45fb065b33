"""The memory node: keeps what is said and seen, and answers questions about the past."""
