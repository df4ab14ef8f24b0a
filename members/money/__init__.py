"""Money: joining, Stripe's inbox, gifts, other support. `payments.py` alone imports stripe."""
