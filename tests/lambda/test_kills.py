#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Lambda function killed at every point of its work, and run again with the same event, as Lambda
does it. All that it does to the world is requests; so it is killed at each request, once before that
has had an effect and once after. Run by run_with_service.py.

In the end the table has to be what an undisturbed run makes of it: no group row lost, none there
twice, every invariant true."""
import json
import unittest

from function import Door, Function, FunctionTest
from runtime_api import HOLD, RuntimeApi
from table import PEOPLE, Table

GROUPS = [f"5ae290ed-55d1-47a0-bc6d-{number:012}" for number in range(3)]
TWINS = GROUPS[:2]
CROWD = [f"c0000000-55d1-47a0-bc6d-{number:012}" for number in range(12)]


def write_groups(table):
    """Of two people, of four, and of two where there is nothing to do."""
    table.open_group(GROUPS[0], PEOPLE[:2], 0, "1")
    table.open_group(GROUPS[1], PEOPLE[:4], 1, "2", group_name="Four")
    table.open_group(GROUPS[2], PEOPLE[1:3], 2, "3")
    table.send(GROUPS[0], PEOPLE[1], 3, "4")
    table.send(GROUPS[1], PEOPLE[2], 4, "5")
    table.send(GROUPS[0], PEOPLE[0], 5, "6")


def write_twins(table):
    """Two groups of one person, whose newest messages were written at the same moment: where there is
    room for the group rows of only one."""
    for number, group in enumerate(TWINS):
        table.open_group(group, [PEOPLE[0], PEOPLE[1 + number]], number, "first", starred="yes")
    for group in TWINS:
        table.send(group, PEOPLE[0], 5, f"twin of {group}")


def write_crowd(table):
    for number, group in enumerate(CROWD):
        table.open_group(group, PEOPLE[number % 3:][:2], number, "first")
        table.send(group, PEOPLE[number % 3], 100 + number, "second")


def without_version(rows):
    """Each put has another."""
    return [{name: value for name, value in row.items() if name != "version"} for row in rows]


def by_place(rows):
    """The rows as if none were displaced."""
    rows = [row | {"sk": row.get("head_sk", row["sk"])} for row in rows]
    rows = [{name: value for name, value in row.items() if name != "head_sk"} for row in rows]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


class Scene:
    """A table of its own behind a door of its own, with the event that its stream has."""

    def __init__(self, write, mode, workers):
        self.door = Door()
        self.table = Table(self.door)
        self.store = self.table.store.replace("mode=stream", "mode=" + mode)
        self.workers = workers
        write(self.table)
        self.event = self.table.event(self.table.records())
        self.requests = 0  # that were sent

    def start(self, api):
        return Function(api.address, self.store, CRUDDUR_WORKERS=str(self.workers))

    def run(self):
        """A run that nobody disturbs; its answer."""
        self.door.rules()
        with RuntimeApi() as api, self.start(api):
            post = api.invoke(self.event)
        self.requests = self.door.count("received")
        return post

    def run_until_killed(self, number, applied):
        """False where it ended before its request of this number."""
        self.door.rules({"fault": "silent", "first": number, "times": 0, "applied": applied})
        with RuntimeApi({"event": self.event}) as api, self.start(api) as function:
            if not self.door.wait_for("fault.silent", lambda: api.posts):
                return False
            if applied:
                self.door.wait_for("applied", lambda: False, number)
            function.kill()
        return True


class Kills(FunctionTest):
    def expect(self, write, mode="stream", workers=1, options=()):
        """The rows that an undisturbed run leaves, and the requests that it takes."""
        scene = Scene(write, mode, workers)
        self.assertNotEqual(scene.table.check(*options), "")
        self.assert_answer(scene.run())
        self.assertEqual(scene.table.check(*options), "")
        rows = without_version(scene.table.rows())
        scene.table.drop()
        return rows, scene.requests

    def finish(self, scene, rows):
        self.assert_answer(scene.run())
        self.assertEqual(scene.table.check(), "")
        self.assertEqual(without_version(scene.table.rows()), rows)

    def sweep(self, mode):
        rows, requests = self.expect(write_groups, mode)
        for applied in (False, True):
            for number in range(1, requests + 2):
                with self.subTest(mode=mode, number=number, applied=applied):
                    scene = Scene(write_groups, mode, 1)
                    self.assertEqual(scene.run_until_killed(number, applied), number <= requests)
                    self.finish(scene, rows)
                    scene.table.drop()
        print(f"{mode}: killed {2 * requests} times", flush=True)

    def test_at_every_request(self):
        self.sweep("stream")

    def test_at_every_request_in_steps(self):
        """Without transactions each row is a request of its own."""
        self.sweep("steps")

    def kill_again_and_again(self, write, mode, applied):
        """The same event is killed one request later each time, until it gets through; where it then
        is."""
        scene = Scene(write, mode, 1)
        number = 1
        while scene.run_until_killed(number, applied):
            number += 1
        self.assertGreater(number, 5)
        return scene

    def test_again_and_again(self):
        for mode in ("stream", "steps"):
            for applied in (False, True):
                with self.subTest(mode=mode, applied=applied):
                    rows, _ = self.expect(write_groups, mode)
                    scene = self.kill_again_and_again(write_groups, mode, applied)
                    self.finish(scene, rows)
                    scene.table.drop()

    def finish_twins(self, scene, rows):
        """One of them has its row displaced, and it may be either: but for that all is as in an
        undisturbed run."""
        self.assert_answer(scene.run())
        self.assertEqual(scene.table.check("--unknown-attributes"), "")
        after = without_version(scene.table.rows())
        self.assertEqual(by_place(after), by_place(rows))
        self.assertEqual(sum("head_sk" in row for row in after), 1)

    def sweep_twins(self, mode):
        rows, _ = self.expect(write_twins, mode, options=["--unknown-attributes"])
        self.assertEqual(sum("message_uuid" in row for row in rows), 4)
        for applied in (False, True):
            number, was_reached = 0, True
            while was_reached:
                number += 1
                with self.subTest(mode=mode, number=number, applied=applied):
                    scene = Scene(write_twins, mode, 1)
                    was_reached = scene.run_until_killed(number, applied)
                    self.finish_twins(scene, rows)
                    scene.table.drop()
            self.assertGreater(number, 10)
            print(f"twins, {mode}: killed {number - 1} times", flush=True)

    def test_twins(self):
        self.sweep_twins("atomic")

    def test_twins_in_steps(self):
        self.sweep_twins("steps")

    def test_twins_again_and_again(self):
        rows, _ = self.expect(write_twins, "atomic", options=["--unknown-attributes"])
        for applied in (False, True):
            with self.subTest(applied=applied):
                scene = self.kill_again_and_again(write_twins, "atomic", applied)
                self.finish_twins(scene, rows)
                scene.table.drop()

    def test_twins_again_and_again_in_steps(self):
        """Each interruption may leave group rows for the next message to remove, and none leaves a
        message twice."""
        for applied in (False, True):
            with self.subTest(applied=applied):
                scene = self.kill_again_and_again(write_twins, "steps", applied)
                self.assert_answer(scene.run())
                for number, group in enumerate(TWINS):
                    scene.table.send(group, PEOPLE[0], 100 + number, "third")
                scene.event = scene.table.event(scene.table.records())
                self.assert_answer(scene.run())
                self.assertEqual(scene.table.check("--unknown-attributes"), "")
                scene.table.drop()

    def test_several_workers(self):
        rows, requests = self.expect(write_crowd, workers=8)
        for number in range(1, requests, 5):
            with self.subTest(number=number):
                scene = Scene(write_crowd, "stream", 8)
                scene.run_until_killed(number, False)
                self.finish(scene, rows)
                scene.table.drop()

    def test_before_its_answer_arrives(self):
        rows, _ = self.expect(write_groups)
        scene = Scene(write_groups, "stream", 1)
        with RuntimeApi({"event": scene.event}, answers={"response": [HOLD]}) as api, \
                scene.start(api) as function:
            self.assert_answer(api.wait_posts(1)[0])
            function.kill()
        self.finish(scene, rows)
        scene.table.drop()


if __name__ == "__main__":
    unittest.main()
