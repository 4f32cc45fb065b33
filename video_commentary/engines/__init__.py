"""What can look at frames and comment on them."""
