"""What commentary is: pure Python, numpy and soxr; no ROS, no torch, no OpenCV, no web."""
