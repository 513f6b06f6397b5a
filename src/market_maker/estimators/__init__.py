"""Streaming estimates of all that quotes may depend on (math section 3); O(1) an event."""
