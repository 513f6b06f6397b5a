"""The versions, in order; a published one is never changed."""
