"""ports.Wallet that never answers."""

from market_maker.model.errors import WalletUnavailableError


class NoWallet:
    async def transfer(self, wanted):
        raise WalletUnavailableError(f"no wallet takes {wanted.transfer_id}")

    async def find(self, transfer_id):
        raise WalletUnavailableError(f"no wallet knows {transfer_id}")
