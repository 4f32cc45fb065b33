"""The commentator node: cameras in, comments and speech out, steered by services."""
