"""Frames to embeddings: image processing, vision tower and resampler."""
