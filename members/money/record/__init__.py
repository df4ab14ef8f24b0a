"""Our tables brought into agreement with Stripe's: subscriptions, payments, and the dates that follow."""
