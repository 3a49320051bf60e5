class RealTimeSimulator:
    pass
