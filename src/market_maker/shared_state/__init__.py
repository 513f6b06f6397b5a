"""What several processes of one service share. Nothing in it is money: its loss costs comfort."""
