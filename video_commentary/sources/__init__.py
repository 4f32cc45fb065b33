"""Sources of frames for cameras that are no ROS topic yet. Knows no ROS."""
