"""The replay venue: a recording played to our orders, with queues and latencies, compiled."""
