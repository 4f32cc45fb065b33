"""Any OpenAI-compatible vision server: the way out to many GPUs."""
