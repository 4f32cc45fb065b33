"""Files of pictures, words and sound, as players open them."""
