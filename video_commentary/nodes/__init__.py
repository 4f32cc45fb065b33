"""One process each: wiring only."""
