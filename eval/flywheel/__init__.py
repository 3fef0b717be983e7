"""Does the nightly loop help? Simulated customers, real nights, and beside it what a shop without guards would get."""
