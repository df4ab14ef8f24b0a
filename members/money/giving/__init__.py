"""Support that is no subscription: once, as a gift, past Stripe, or access given for nothing."""
