"""What may go wrong between us and Stripe."""

# ruff: noqa: N818  # spoken in the code as words: `except Gone`, `except TryLater`


class PaymentError(Exception):
    """Stripe could not do what we asked."""


class Gone(PaymentError):
    """Stripe knows no such object."""


class TryLater(PaymentError):
    """Unreachable, overloaded, or broken for the moment. Asking again is safe."""


class Busy(TryLater):
    """Another request with the same idempotency key is under way."""


class Full(TryLater):
    """Four threads of this process wait for Stripe already."""


class Spoilt(TryLater):
    """The key replays a stored failure: only a new key helps."""


class Misconfigured(PaymentError):
    """Key, permission or catalogue are wrong; a person has to act."""


class Forbidden(Misconfigured):
    """The key has no permission for this."""


class Refused(Misconfigured):
    """Stripe understood and said no to the parameters."""


class Forged(PaymentError):
    """A webhook whose signature no configured secret makes."""


class ClockWrong(Forged):
    """A webhook rightly signed too long ago: this host's clock is probably wrong."""


class Unreadable(PaymentError):
    """A rightly signed body that is no classic event."""
