"""ports.Wallet where nobody answers."""

from market_maker.model.errors import WalletUnavailableError


class NoWallet:
    async def transfer(self, wanted):
        raise WalletUnavailableError(f"nobody takes {wanted.transfer_id}")

    async def find(self, transfer_id):
        raise WalletUnavailableError(f"nobody knows {transfer_id}")
