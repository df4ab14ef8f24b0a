"""From the membership page to hosted Checkout and back."""
