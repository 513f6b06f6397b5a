"""Each nonce once, for each signer."""

from market_maker.emulators.hyperliquid.nonces import DAY_MS, KEPT, Nonces

NOW = 1_795_000_000_000


def test_a_nonce_is_used_once_by_each_signer():
    nonces = Nonces()
    assert nonces.refusal("ann", NOW, NOW) is None
    assert nonces.refusal("bob", NOW, NOW) is None
    assert nonces.refusal("ann", NOW, NOW) == f"Invalid nonce: duplicate nonce {NOW}"
    assert nonces.refusal("ann", NOW - 1, NOW) is None


def test_one_below_the_hundred_highest_is_too_low_also_when_it_was_never_used():
    nonces = Nonces()
    for number in range(KEPT):
        assert nonces.refusal("ann", NOW + 2 * number, NOW) is None
    assert "too low" in nonces.refusal("ann", NOW - 1, NOW)
    assert nonces.refusal("ann", NOW + 1, NOW) is None
    assert "too low" in nonces.refusal("ann", NOW, NOW)


def test_one_two_days_old_or_a_day_ahead_is_refused():
    nonces = Nonces()
    assert "outside" in nonces.refusal("ann", NOW - 2 * DAY_MS, NOW)
    assert "outside" in nonces.refusal("ann", NOW + DAY_MS, NOW)
    assert nonces.refusal("ann", NOW - 2 * DAY_MS + 1, NOW) is None


def test_signers_are_bounded_and_the_least_recent_is_forgotten():
    nonces = Nonces(signers_max=2)
    for signer in ("ann", "bob", "ann", "cid"):
        assert nonces.refusal(signer, NOW + ord(signer[0]) + len(nonces._used), NOW) is None
    assert set(nonces._used) == {"ann", "cid"}
