"""What people say near the robot, and the commentator that does what they ask for."""
