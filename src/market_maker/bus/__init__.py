"""Where events go that others want to know."""
