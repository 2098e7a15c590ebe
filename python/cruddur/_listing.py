# SPDX-License-Identifier: MIT
"""Walks along a list, page after page, as far as one looks."""
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from . import _arguments as a
from . import _constants as k
from ._call import Call
from ._constants import Status
from ._errors import CursorDirectionError, refuse
from ._library import lib
from ._records import Page

T = TypeVar("T")

Make = Callable[[str | None], Call[Page[T]]]
"""The call that reads the page at a cursor, or the first one."""


def direction(newest_first: bool | None, cursor: str | None) -> bool:
    """Whether a listing goes from new to old. A cursor has its own direction."""
    if newest_first is not None:
        a.flag("newest_first", newest_first)
    if cursor is None:
        return newest_first is not False
    found = lib.cursor_direction(a.text("cursor", cursor))
    if found == k.DIRECTION_NONE:
        return newest_first is not False  # the call says what is wrong with it
    is_older: bool = found == k.DIRECTION_OLDER
    if newest_first is not None and newest_first is not is_older:
        refuse(Status.E_CURSOR_FOREIGN, "cursor",
               f"leads to {'older' if is_older else 'newer'} rows, and newest_first is "
               f"{newest_first}", CursorDirectionError)
    return is_older


class Course(Generic[T]):
    """Where a walk is: which page comes next, and whether there is one."""

    def __init__(self, make: Make[T], newest_first: bool, cursor: str | None) -> None:
        self.make = make
        self.newest_first = newest_first
        self.cursor = cursor
        self.goes_on = True
        self.first: Call[Page[T]] | None = make(cursor)  # wrong arguments are refused at once

    def next_call(self) -> Call[Page[T]]:
        call, self.first = self.first or self.make(self.cursor), None
        return call

    def take(self, page: Page[T]) -> Page[T]:
        self.cursor = page.older if self.newest_first else page.newer
        self.goes_on = page.has_older if self.newest_first else page.has_newer
        return page


class Listing(Iterator[T]):
    """An iterator over the rows of a list. It reads a page when it needs one; `cursor` is where a
    walk could go on after the pages that were read."""

    def __init__(self, run: Callable[[Call[Page[T]]], Page[T]], course: Course[T]) -> None:
        self._run = run
        self._course = course
        self._rows: Iterator[T] = iter(())

    @property
    def cursor(self) -> str | None:
        """The cursor after the latest page that was read, to go on later in the same direction."""
        return self._course.cursor

    def pages(self) -> Iterator[Page[T]]:
        """The pages instead of the rows."""
        while self._course.goes_on:
            yield self._course.take(self._run(self._course.next_call()))

    def __iter__(self) -> "Listing[T]":
        return self

    def __next__(self) -> T:
        while True:
            for row in self._rows:
                return row
            if not self._course.goes_on:
                raise StopIteration
            self._rows = iter(self._course.take(self._run(self._course.next_call())))
