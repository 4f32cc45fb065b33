"""The source node: publishes pictures of what is not a camera topic yet."""
