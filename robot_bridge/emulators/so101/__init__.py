"""The six servos of an SO101 on a serial port that is not there. Real drivers can use it."""
