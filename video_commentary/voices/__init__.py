"""Text-to-speech voices, for engines without a voice of their own."""
