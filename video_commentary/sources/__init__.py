"""Sources of frames for cameras that are not ROS topics yet; independent of ROS."""
