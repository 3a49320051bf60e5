"""`ros2 run segue policy`: which policies there are, what one needs, and how fast it is here."""
