"""Where settlements are paid: a wallet service over HTTP, or one in a file of our own."""
