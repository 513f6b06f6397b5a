"""Keeping records: the recorder, audit log, turn journal, ledger postings and the outbox relay."""
