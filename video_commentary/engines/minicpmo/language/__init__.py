"""The language model: tokenizer, decoder, sampling, prefill and decode."""
