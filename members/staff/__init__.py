"""How somebody who was invited to the desk takes it up: the public page of a mailed link."""
