"""The speaker node: plays the commentator's speech on this machine's sound card."""
