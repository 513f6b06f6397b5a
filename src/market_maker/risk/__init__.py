"""May we? Pure checks before every order, and guards that pause, reduce or halt."""
