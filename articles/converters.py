"""How dates and slugs of every script stand in an address."""

from datetime import date


class DayConverter:
    """`yyyy/mm/dd` ↔ date. An impossible day matches nothing: 404."""

    regex = r"[0-9]{4}/[0-9]{2}/[0-9]{2}"

    def to_python(self, value: str) -> date:
        """The date, or ValueError."""
        year, month, day = (int(part) for part in value.split("/"))
        return date(year, month, day)

    def to_url(self, value: date) -> str:
        """Its place in the address."""
        return f"{value:%Y/%m/%d}"


class SlugConverter:
    """A slug in any script."""

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


class PlaceConverter(SlugConverter):
    """The path of a section or a nested page."""

    regex = r"[-\w]+(?:/[-\w]+)*"


class MonthConverter:
    """`yyyy-mm`, as it stands."""

    regex = r"[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value
