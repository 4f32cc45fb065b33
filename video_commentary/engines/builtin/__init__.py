"""The built-in engine. Its modules import OpenCV: import them only if it is used."""
