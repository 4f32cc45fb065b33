"""Text-to-speech voices, for engines without their own voice."""
