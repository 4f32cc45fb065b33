"""Text to speech, for engines without a voice of their own."""
