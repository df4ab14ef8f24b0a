"""Stripe as we speak to it: the one importer of its SDK, its answers as frozen values, its errors as ours."""
