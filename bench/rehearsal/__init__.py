"""The whole robot at full size: source and commentator as processes, the model from files."""
