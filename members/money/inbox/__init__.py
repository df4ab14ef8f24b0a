"""What Stripe tells us: the webhook's inbox, and the nightly comparison that finds what never arrived."""
