"""Libraries that need torchvision: others would load it as well, also where it does not fit to torch."""
