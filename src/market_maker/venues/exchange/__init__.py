"""The exchange's topics as a venue's facts: books, marks, trades, what became of orders."""
