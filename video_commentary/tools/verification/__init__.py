"""What `verify` checks of a published model on this machine, and how it reports it."""
