"""Where frames come from when no camera topic exists; no ROS."""
