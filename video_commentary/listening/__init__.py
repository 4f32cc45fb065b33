"""From sound to words: who speaks, what was said, and whether the robot must stop talking."""
