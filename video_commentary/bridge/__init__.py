"""Web page, HTTP API and LiveKit participant; reaches ROS only through `robot_gateway`."""
