"""Hearing: sound to embeddings that stand beside those of frames."""
