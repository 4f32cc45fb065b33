"""Comments without a GPU or a hub: detector, tracks, motion, camera movement, light and cuts."""
