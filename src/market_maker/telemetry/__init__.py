"""What the service says about itself: metrics, logs and traces."""
