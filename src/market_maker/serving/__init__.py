"""The service put together: parts, lines to venues, listeners, and the life of the process."""
