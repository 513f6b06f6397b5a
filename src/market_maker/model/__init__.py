"""Values and facts: what flows through the product. Imports nothing of ours."""
