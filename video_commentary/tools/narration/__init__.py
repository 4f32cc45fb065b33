"""The parts of tools/narrate: the commentary cycle on recordings, and what is made of it."""
