"""Captures that others recorded, decoded into the rows of a Recording; a module per format."""
