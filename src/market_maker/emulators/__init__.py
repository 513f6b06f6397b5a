"""Outside services in processes of their own, to develop and test against."""
