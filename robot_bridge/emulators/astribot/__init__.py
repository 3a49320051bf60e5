"""An S1 that is not there: the calls of the vendor's SDK, a robot behind them, its cameras."""
