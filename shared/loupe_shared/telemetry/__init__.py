"""What a process tells of its work: metrics to who asks, traces to a collector, and log lines."""
