"""The language model: tokens, decoder, sampling, prefill and decode."""
