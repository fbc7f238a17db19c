"""What Loupe's services share: the domain, its messages and ports, preprocessing and adapters."""
