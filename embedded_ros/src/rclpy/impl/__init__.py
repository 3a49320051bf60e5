"""Parts of rclpy that upstream implements in C; not for users."""
