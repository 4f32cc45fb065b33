"""The model's own voice: talker, flow and vocoder."""
