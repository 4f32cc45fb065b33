"""What is said, one file for each language: English by event, the others by what is claimed."""
