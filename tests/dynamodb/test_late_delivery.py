#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The counting of late_delivery.py: each fault, planted in a sound table, is counted where it belongs."""
import collections
import copy
import random
import unittest

import late_delivery
from late_delivery import (ELSEWHERE, EXTRA, HOLLOW, LOST, MISSING, OPENINGS, SENDS, TWICE, UNSOUND,
                           Group, Job, Judge, find_complaints, person)

UUIDS = {SENDS: "10000000-0000-4000-8000-000000000000",
         OPENINGS: "20000000-0000-4000-8000-000000000000"}


def key(second):
    return f"2026-03-01T12:00:{second:02}.000000+00:00"


def message_uuid(side, second):
    return UUIDS[side][:-2] + f"{second:02}"


def message_row(side, second):
    return {"pk": f"MSG#{UUIDS[side]}", "sk": key(second), "message": f"at {second}",
            "message_uuid": message_uuid(side, second), "user_uuid": person(0),
            "user_display_name": "Person 0", "user_handle": "person0"}


def group_row(side, owner, second=2):
    return {"pk": f"GRP#{person(owner)}", "sk": key(second + (side == OPENINGS)),
            "message": f"at {second + (side == OPENINGS)}", "message_group_uuid": UUIDS[side],
            "user_uuid": person(1 - owner), "user_display_name": f"Person {1 - owner}",
            "user_handle": f"person{1 - owner}"}


class Counting(unittest.TestCase):
    """Two groups of the same two people, one of sends and one of openings: a message each at second 1
    and at the newest, which is at 2 and at 3."""

    def setUp(self):
        self.rows, self.jobs, self.groups = [], [], []
        for side, newest in ((SENDS, 2), (OPENINGS, 3)):
            group = Group(side, (0, 1))
            group.uuid = UUIDS[side]
            self.groups.append(group)
            for second in (1, newest):
                self.rows.append(message_row(side, second))
                self.jobs.append(self.job(group, side, second))
            self.rows += [group_row(side, owner) for owner in (0, 1)]

    @staticmethod
    def job(group, side, second):
        job = Job(group, 0, None, side == OPENINGS)
        job.message = message_uuid(side, second)
        job.sort_key = None if side == OPENINGS else key(second)
        job.is_acknowledged = True
        return job

    def find(self, rows):
        found = Judge(self.jobs, self.groups).count(copy.deepcopy(rows))
        return {side: dict(+counts) for side, counts in found.items()}

    def assert_found(self, rows, side, **counts):
        expected = {SENDS: {}, OPENINGS: {}}
        expected[side] = {getattr(late_delivery, name): count for name, count in counts.items()}
        self.assertEqual(self.find(rows), expected)

    def without(self, row):
        self.assertIn(row, self.rows)
        return [each for each in self.rows if each != row]

    def test_a_sound_table(self):
        self.assertEqual(self.find(self.rows), {SENDS: {}, OPENINGS: {}})

    def test_a_lost_message(self):
        self.assert_found(self.without(message_row(SENDS, 1)), SENDS, LOST=1)
        self.assert_found(self.without(message_row(OPENINGS, 1)), OPENINGS, LOST=1)

    def test_what_was_not_acknowledged_is_not_lost(self):
        self.jobs[0].is_acknowledged, self.jobs[0].sort_key = False, None
        self.assertEqual(self.find(self.without(message_row(SENDS, 1))), {SENDS: {}, OPENINGS: {}})

    def test_a_message_that_is_there_twice(self):
        for side in (SENDS, OPENINGS):
            copied = message_row(side, 1) | {"sk": key(0)}
            self.assert_found(self.rows + [copied], side, TWICE=1, UNSOUND=1)

    def test_a_group_whose_opening_was_not_acknowledged(self):
        self.groups.pop().uuid = None
        self.jobs = self.jobs[:2]
        old = group_row(OPENINGS, 0) | {"sk": key(1), "message": "at 1"}
        self.assert_found(self.rows + [old], OPENINGS, EXTRA=1, UNSOUND=1)

    def test_a_message_in_two_groups(self):
        copied = message_row(SENDS, 1) | {"pk": f"MSG#{UUIDS[OPENINGS]}"}
        rows = self.without(message_row(OPENINGS, 1)) + [copied]
        self.assertEqual(self.find(rows), {SENDS: {TWICE: 1}, OPENINGS: {LOST: 1}})

    def test_a_message_that_moved(self):
        rows = self.without(message_row(SENDS, 1)) + [message_row(SENDS, 1) | {"sk": key(0)}]
        self.assert_found(rows, SENDS, ELSEWHERE=1)

    def test_inbox_rows_too_many(self):
        for side in (SENDS, OPENINGS):
            old = group_row(side, 0) | {"sk": key(1), "message": "at 1"}
            self.assert_found(self.rows + [old], side, EXTRA=1, UNSOUND=1)

    def test_an_inbox_row_without_its_message(self):
        self.assert_found(self.rows + [group_row(SENDS, 1, 5)], SENDS, EXTRA=1, HOLLOW=1, UNSOUND=1)
        rows = self.without(group_row(SENDS, 1)) + [group_row(SENDS, 1, 5)]
        self.assert_found(rows, SENDS, HOLLOW=1, UNSOUND=1)

    def test_an_inbox_without_the_group(self):
        for side in (SENDS, OPENINGS):
            self.assert_found(self.without(group_row(side, 1)), side, MISSING=1, UNSOUND=1)


class Verdicts(unittest.TestCase):
    def complaints(self, mode, moment="", **counts):
        found = {SENDS: collections.Counter(
            {getattr(late_delivery, name): count for name, count in counts.items()}),
            OPENINGS: collections.Counter()}
        return list(find_complaints({moment: found}, mode))

    def test_faults_fail(self):
        for mode in ("atomic", "stream", "steps"):
            self.assertEqual(self.complaints(mode), [])
            self.assertEqual(len(self.complaints(mode, TWICE=1, HOLLOW=2)), 2)
            self.assertEqual(len(self.complaints(mode, LOST=1, REFUSED=1, MISSING=1)), 3)

    def test_duplicates_wait_in_steps_for_the_next_message(self):
        self.assertEqual(len(self.complaints("atomic", EXTRA=2)), 1)
        self.assertEqual(self.complaints("steps", EXTRA=2, UNSOUND=1), [])
        self.assertEqual(len(self.complaints("steps", ", mended", EXTRA=2)), 1)


class Planning(unittest.TestCase):
    def test_a_seed_repeats_a_plan(self):
        def plan(seed):
            source = random.Random(seed)
            openings = late_delivery.opening_jobs(source, 40)
            sends = late_delivery.send_jobs(source, [Group(SENDS, (0, 1))], 60)
            return [(job.is_opening, job.author, job.given_group)
                    for job in late_delivery.mix(source, sends, openings)]
        self.assertEqual(plan(1), plan(1))
        self.assertNotEqual(plan(1), plan(2))
        self.assertEqual([is_opening for is_opening, _, _ in plan(1)].count(True), 40)
        self.assertEqual(len(plan(1)), 100)


if __name__ == "__main__":
    unittest.main()
