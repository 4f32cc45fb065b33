"""The built-in engine; its parts import OpenCV, so import them only where it is wanted."""
