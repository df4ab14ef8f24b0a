"""A small fake of Stripe for tests and for the demo: SDK 16.1.0, API 2026-10-28.endive.

Over HTTP (`python -m tests.fakestripe`, or `with FakeStripe(…) as fake`) or in process
(`StripeClient(fake.key, http_client=InProcess(fake))`). It serves the endpoints, hosted pages,
webhooks and faults that the product meets; modules are named for what they hold, `api.TABLE` lists
every endpoint.

The contract gate proves the *shape* of what goes in and out, from the SDK's own types. *Behaviour*
rests on documentation and on the list of things still to be checked with a real test account.
Where it is not sure it is never stricter than Stripe. It knows nothing of this project or of Django.

Not played: test clocks, metered prices, coupons for some products only, credit notes, Connect. Tax is
one rate everywhere. A planned switch is released when it takes effect.
"""

from tests.fakestripe.fake import FakeStripe, InProcess

__all__ = ["FakeStripe", "InProcess"]
