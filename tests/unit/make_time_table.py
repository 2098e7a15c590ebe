#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes times as Python has them, as C arrays for test_time.c: `{text, microseconds}` in canonical
form, and in every other form that is read."""
import datetime
import random
import sys

EPOCH = datetime.datetime(1970, 1, 1)
FIRST = datetime.datetime.min
LAST = datetime.datetime.max
MICROSECOND = datetime.timedelta(microseconds=1)
COUNT = 3000


def to_us(time):
    return (time - EPOCH) // MICROSECOND


def canonical(time):
    return time.isoformat(timespec="microseconds") + "+00:00"


def special_times():
    yield FIRST
    yield FIRST + MICROSECOND
    yield LAST
    yield EPOCH
    yield EPOCH - MICROSECOND
    yield EPOCH + MICROSECOND
    for year in (1, 4, 99, 100, 101, 400, 1600, 1699, 1700, 1899, 1900, 1904, 1969, 1970, 1972, 1999,
                 2000, 2001, 2023, 2024, 2025, 2026, 2038, 2099, 2100, 2101, 2400, 9996, 9999):
        for month in range(1, 13):
            start = datetime.datetime(year, month, 1)
            yield start
            if start != FIRST:
                yield start - MICROSECOND
        if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            yield datetime.datetime(year, 2, 29, 23, 59, 59, 999999)


def random_times(die):
    span = to_us(LAST) - to_us(FIRST)
    for _ in range(COUNT):
        yield FIRST + datetime.timedelta(microseconds=die.randint(0, span))


def another_form(die, time):
    """Text in a form that is read, and the time that it stands for."""
    digits = die.randint(0, 9)
    fraction = f"{time.microsecond:06}{die.randint(0, 999):03}"[:digits]
    kept = int(fraction[:6].ljust(6, "0")) if digits else 0
    offset = die.choice(["", "Z", "z", "+00:00", "-00:00", "+HH:MM", "-HH:MM", "+HHMM", "-HHMM"])
    minutes = 0
    if "H" in offset:
        hour, minute = die.randint(0, 23), die.choice([0, 15, 30, 45, 59])
        minutes = (hour * 60 + minute) * (1 if offset[0] == "+" else -1)
        offset = offset.replace("HH", f"{hour:02}").replace("MM", f"{minute:02}")
    text = (f"{time:%Y-%m-%d}".rjust(10, "0") + die.choice("Tt ") + f"{time:%H:%M:%S}"
            + ("." + fraction if digits else "") + offset)
    return text, to_us(time.replace(microsecond=kept)) - minutes * 60 * 10**6


def write_array(out, name, rows):
    out.write(f"static const struct time_row {name}[] = {{\n")
    for text, microseconds in rows:
        out.write(f'    {{"{text}", INT64_C({microseconds})}},\n')
    out.write("};\n\n")


def main(path):
    die = random.Random(20260101)
    times = list(special_times()) + list(random_times(die))
    others = [another_form(die, time) for time in times]
    first, last = to_us(FIRST), to_us(LAST)
    with open(path, "w", encoding="ascii") as out:
        out.write("struct time_row {\n    const char *text;\n    int64_t time_us;\n};\n\n")
        write_array(out, "canonical_times", [(canonical(time), to_us(time)) for time in times])
        write_array(out, "other_forms", [row for row in others if first <= row[1] <= last])


if __name__ == "__main__":
    main(sys.argv[1])
