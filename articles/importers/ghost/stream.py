"""Reads a long JSON text piece by piece with the standard decoder: memory is bounded by the longest single value.

The caller walks the outer levels (`members`, `items`) and takes (`value`) or passes over (`skip`) what is inside.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

CHUNK = 1 << 18  # characters read at a time
LONGEST_VALUE = 1 << 25  # a single story that is longer is a broken file
NEAR_END = 16  # an error so close to the end of what was read may only mean that more has to be read
SPACE = re.compile(r"[ \t\r\n]*")
PLAIN = re.compile(r'[^{}\[\]"]*')
IN_TEXT = re.compile(r'[^"\\]*')
SAID = {"Unterminated string starting at": "a text begins here that does not end"}
DECODER = json.JSONDecoder(strict=False)  # Ghost's own strings are clean; hand-made ones hold raw line breaks


class BrokenJsonError(Exception):
    """The text stops being JSON. The message names the place."""


class JsonStream:
    """A JSON text that is read once, from the front, `chunk` characters at a time."""

    def __init__(self, file: TextIO, chunk: int = CHUNK) -> None:
        self.file, self.chunk = file, chunk
        self.text, self.at, self.is_whole = "", 0, False
        self.lines, self.column = 1, 0  # of the text already let go

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here. The caller takes or skips each value before the next."""
        self._expect("{")
        if self._next_is("}"):
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self.broken("a name in double quotation marks is missing")
            self._expect(":")
            yield key
            if not self._goes_on("}"):
                return

    def items(self) -> Iterator[None]:
        """Once for each item of the list that begins here. The caller takes or skips each before the next."""
        self._expect("[")
        if self._next_is("]"):
            return
        while True:
            yield None
            if not self._goes_on("]"):
                return

    def value(self) -> Any:
        """The value that begins here, whole. Raises BrokenJsonError."""
        self.peek()
        while True:
            try:
                found, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                is_cut = error.pos >= len(self.text) - NEAR_END or error.msg.startswith("Unterminated string")
                if self.is_whole or not is_cut:
                    self.at = min(error.pos, len(self.text))
                    raise self.broken(SAID.get(error.msg, error.msg)) from None
            except RecursionError:
                raise self.broken("it is nested too deep") from None
            else:
                if end + NEAR_END <= len(self.text) or self.is_whole:  # a number may go on in what is not read yet
                    self.at = end
                    return found
            if len(self.text) - self.at > LONGEST_VALUE:
                raise self.broken("a single value is longer than 32 million characters")
            self._read(len(self.text) - self.at)

    def skip(self) -> None:
        """Pass over the value that begins here, however long it is."""
        if self.peek() not in ("{", "["):
            if self.peek() == '"':
                self._skip_text()
            else:
                self.value()
            return
        depth = 0
        while True:
            self._pass(PLAIN)
            found = self.peek()
            if found == '"':
                self._skip_text()
                continue
            depth += 1 if found in "{[" else -1
            self.at += 1
            if not depth:
                return

    def peek(self) -> str:
        """The next character that is no space. Raises BrokenJsonError at the end of the text."""
        self._pass(SPACE)
        if self.at >= len(self.text):
            raise self.broken("the file ends here")
        return self.text[self.at]

    def broken(self, why: str) -> BrokenJsonError:
        """The error to raise, with the place."""
        before = self.text[: self.at]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") - 1 if lines else self.column + len(before)
        return BrokenJsonError(f"line {self.lines + lines}, character {column + 1}: {why[0].lower()}{why[1:]}")

    def _skip_text(self) -> None:
        self.at += 1
        while True:
            self._pass(IN_TEXT)
            if self.at >= len(self.text):
                raise self.broken("a text that does not end")
            self.at += 1
            if self.text[self.at - 1] == '"':
                return
            if self.at >= len(self.text):
                self._read(0)
            self.at += 1  # what the backslash escapes

    def _pass(self, pattern: re.Pattern[str]) -> None:
        """Go to the end of what fits, reading on where that is all there is."""
        while True:
            found = pattern.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text) or self.is_whole:
                return
            self._read(0)

    def _expect(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise self.broken(f"“{wanted}” is missing")
        self.at += 1

    def _next_is(self, wanted: str) -> bool:
        if self.peek() != wanted:
            return False
        self.at += 1
        return True

    def _goes_on(self, end: str) -> bool:
        """Whether another member or item follows."""
        if self._next_is(end):
            return False
        self._expect(",")
        return True

    def _read(self, wanted: int) -> None:
        """Let go of what was taken and read on, as much again as `wanted` where that is more than a chunk."""
        gone = self.text[: self.at]
        lines = gone.count("\n")
        self.lines += lines
        self.column = len(gone) - gone.rfind("\n") - 1 if lines else self.column + len(gone)
        more = self.file.read(max(self.chunk, wanted))
        self.is_whole = not more
        self.text, self.at = self.text[self.at :] + more, 0
