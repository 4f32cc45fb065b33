"""Web page, HTTP API and LiveKit participant; knows no ROS, only the port."""
