# SPDX-License-Identifier: MIT
"""The original application's functions on the package (examples/python/ddb.py): what they return, and
that the original's defects are gone."""
import ast
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import support  # before the package, which it finds
import cruddur
from support import ADA, BEN, CEM, EVE, ROOT, StoreTest

sys.path.insert(0, str(ROOT / "examples" / "python"))
from ddb import Ddb  # noqa: E402

SHOWN = ["uuid", "display_name", "handle", "message", "created_at"]


class OriginalTest(StoreTest):
    def test_what_it_returns(self) -> None:
        group = Ddb.create_message_group(self.dm, "Hello", ADA, BEN)["message_group_uuid"]
        sent = Ddb.create_message(self.dm, group, "Hi!", BEN)
        self.assertEqual(list(sent), ["message_group_uuid", *SHOWN])
        self.assertEqual((sent["display_name"], sent["handle"], sent["message"]), ("Bén", "ben", "Hi!"))
        found = Ddb.list_messages(self.dm, group, ADA.uuid)
        self.assertEqual([each["message"] for each in found], ["Hello", "Hi!"])
        self.assertEqual(found[1] | {"message_group_uuid": group}, sent)
        (inbox,) = Ddb.list_message_groups(self.dm, ADA.uuid)
        self.assertEqual(list(inbox), SHOWN)
        self.assertEqual((inbox["uuid"], inbox["display_name"], inbox["message"]), (group, "Bén", "Hi!"))

    def test_an_inbox_is_not_empty_on_the_first_of_january(self) -> None:
        then = datetime(2023, 12, 31, 23, 59, tzinfo=timezone.utc)
        group = self.dm.create_group(ADA, BEN, "last year", created_at=then).uuid
        self.assertEqual(Ddb.list_message_groups(self.dm, ADA.uuid)[0]["message"], "last year")
        self.assertEqual(len(Ddb.list_messages(self.dm, group, BEN.uuid)), 1)

    def test_times_with_offsets_and_equal_times_keep_their_order(self) -> None:
        at = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
        group = self.dm.create_group(ADA, BEN, "0", created_at=at).uuid
        for number in range(1, 5):
            zone = timezone(timedelta(hours=5 - 2 * number))
            self.dm.append(ADA, group, str(number), created_at=at.astimezone(zone))
        found = Ddb.list_messages(self.dm, group, ADA.uuid)
        self.assertEqual([each["message"] for each in found], ["0", "1", "2", "3", "4"])
        self.assertEqual({each["created_at"][-12:] for each in found},
                         {f"00000{number}+00:00" for number in range(5)})

    def test_one_pair_has_one_group(self) -> None:
        groups = {Ddb.create_message_group(self.dm, "x", me, other)["message_group_uuid"]
                  for me, other in ((ADA, BEN), (BEN, ADA), (ADA, BEN))}
        self.assertEqual(len(groups), 1)

    def test_strangers_and_blank_texts_are_refused(self) -> None:
        group = Ddb.create_message_group(self.dm, "Hello", ADA, BEN)["message_group_uuid"]
        calls: tuple[Callable[[], object], ...] = (
            lambda: Ddb.list_messages(self.dm, group, CEM.uuid),
            lambda: Ddb.create_message(self.dm, group, "x", cruddur.User(EVE)))
        for call in calls:
            with self.assertRaises(LookupError):
                call()
        with self.assertRaises(ValueError):
            Ddb.create_message(self.dm, group, " ", ADA)

    def test_the_uuid_is_the_message_s(self) -> None:
        group = Ddb.create_message_group(self.dm, "Hello", ADA, BEN)["message_group_uuid"]
        sent = Ddb.create_message(self.dm, group, "Hi!", BEN)
        self.assertNotEqual(sent["uuid"], BEN.uuid)
        self.assertEqual(self.dm.get_message(group, sent["uuid"], viewer_uuid=ADA.uuid).text, "Hi!")

    def test_how_long_it_is(self) -> None:
        """The original's functions have 170 lines; a statement here may take several."""
        tree = ast.parse((ROOT / "examples" / "python" / "ddb.py").read_text(encoding="utf-8"))
        bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        lines = sum((node.body[-1].end_lineno or 0) - node.body[0].lineno + 1 for node in bodies)
        self.assertLessEqual(lines, 17)


if __name__ == "__main__":
    support.main()
