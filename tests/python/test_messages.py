# SPDX-License-Identifier: MIT
"""Messages: sending, listing in both directions, editing, deleting, reacting."""
import copy
import dataclasses
import pickle
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import support  # before the package, which it finds
import cruddur
from cruddur import (ConflictError, CursorDirectionError, Message, NotFoundError, Reaction,
                     RequestError, Status, User, new_uuid)
from support import ADA, BEN, CEM, EVE, IS_SQLITE, NOWHERE, SECRET, StoreTest

DAY = datetime(2020, 1, 1, tzinfo=timezone.utc)


class SendingTest(StoreTest):
    def test_what_is_sent_is_returned(self) -> None:
        group = self.talk(1)
        message = self.dm.append(
            BEN, group, "Grüße 👋\nzwei", message_uuid="0c5a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e61",
            created_at=datetime.now(timezone(timedelta(hours=5))), reply_to=NOWHERE,
            data='{"a": 1}', expires_in=timedelta(hours=1))
        self.assertEqual(message.text, "Grüße 👋\nzwei")
        self.assertEqual(message.uuid, "0c5a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e61")
        self.assertEqual(message.group_uuid, group)
        self.assertEqual(message.author, BEN)
        self.assertEqual((message.reply_to, message.data), (NOWHERE, '{"a": 1}'))
        self.assertEqual(message.version, "")
        self.assertEqual(message.reactions, ())
        assert message.created_at is not None and message.expires_at is not None
        self.assertIs(message.created_at.tzinfo, timezone.utc)
        self.assertLess(message.expires_at - message.created_at, timedelta(hours=1, seconds=2))
        self.assertIsNone(message.edited_at)
        self.assertIsNone(message.deleted_at)
        self.assertEqual(self.dm.get_message(group, message.uuid, viewer_uuid=ADA.uuid), message)
        self.assertEqual(self.dm.message_page(group, viewer_uuid=ADA.uuid)[0], message)

    def test_people_and_uuids_have_several_forms(self) -> None:
        group = self.dm.create_group(uuid.UUID(ADA.uuid), [BEN.uuid], "one").uuid
        message = self.dm.append(ADA.uuid, uuid.UUID(group), "two")
        self.assertEqual(message.author, User(ADA.uuid))
        found = self.dm.get_message(uuid.UUID(group), uuid.UUID(message.uuid),
                                    viewer_uuid=uuid.UUID(BEN.uuid))
        self.assertEqual(found, message)

    def test_a_repeat_is_stored_once(self) -> None:
        group, own = self.talk(1), new_uuid()
        first = self.dm.append(ADA, group, "once", message_uuid=own)
        self.assertEqual(self.dm.append(ADA, group, "once", message_uuid=own), first)
        self.assertEqual(len(list(self.dm.messages(group, trusted=True))), 2)

    def test_values_are_immutable_and_complete(self) -> None:
        group = self.talk(1)
        message = self.dm.append(ADA, group, "text")
        with self.assertRaises(dataclasses.FrozenInstanceError):
            message.text = "other"  # type: ignore[misc]
        self.assertFalse(hasattr(message, "__dict__"))
        for same in (copy.copy(message), copy.deepcopy(message),
                     pickle.loads(pickle.dumps(message)), dataclasses.replace(message)):
            self.assertEqual(same, message)
            self.assertIs(type(same), Message)
        self.assertEqual(dataclasses.asdict(message)["text"], "text")
        self.assertEqual(hash(message), hash(copy.copy(message)))
        self.assertIn("text='text'", repr(message))

    def test_strangers(self) -> None:
        group = self.talk(1)
        calls: tuple[Callable[[], object], ...] = (
            lambda: self.dm.append(EVE, group, SECRET),
            lambda: self.dm.message_page(group, viewer_uuid=EVE),
            lambda: self.dm.message_page(NOWHERE, viewer_uuid=ADA.uuid))
        for call in calls:
            with self.refused(NotFoundError, Status.E_GROUP_NOT_FOUND, "group_uuid"):
                call()


class ListingTest(StoreTest):
    def texts(self, **options: object) -> list[str]:
        return [each.text for each in
                self.dm.messages(self.group, viewer_uuid=ADA.uuid, **options)]  # type: ignore[arg-type]

    def setUp(self) -> None:
        super().setUp()
        self.group = self.talk(8)
        self.newest_first = [f"m{number}" for number in reversed(range(8))]

    def test_both_directions(self) -> None:
        for page_size in (1, 3, 4, 8, 50):
            self.assertEqual(self.texts(page_size=page_size), self.newest_first)
            self.assertEqual(self.texts(page_size=page_size, newest_first=False),
                             self.newest_first[::-1])

    def test_pages_are_read_when_they_are_needed(self) -> None:
        walk = self.dm.messages(self.group, trusted=True, page_size=3)
        self.assertIsNone(walk.cursor)
        self.assertEqual(next(walk).text, "m7")
        cursor = walk.cursor
        self.assertEqual(self.texts(cursor=cursor), self.newest_first[3:])
        self.dm.append(ADA, self.group, "m8")
        self.assertEqual([each.text for each in walk], self.newest_first[1:])
        self.assertRaises(StopIteration, next, walk)
        pages = list(self.dm.messages(self.group, trusted=True, page_size=4).pages())
        self.assertEqual([len(page) for page in pages], [4, 4, 1])

    def test_a_walk_to_newer_messages_goes_on_later(self) -> None:
        walk = self.dm.messages(self.group, trusted=True, newest_first=False)
        self.assertEqual(len(list(walk)), 8)
        self.dm.append(BEN, self.group, "later")
        self.assertEqual(self.texts(cursor=walk.cursor), ["later"])

    def test_pages(self) -> None:
        page = self.dm.message_page(self.group, viewer_uuid=ADA.uuid, limit=3, newest_first=False)
        self.assertEqual([each.text for each in page], ["m5", "m6", "m7"])
        self.assertEqual((len(page), page[0].text, page[-1].text), (3, "m5", "m7"))
        self.assertEqual([each.text for each in page[1:]], ["m6", "m7"])
        self.assertTrue(page.has_older)
        self.assertFalse(page.has_newer)
        older = self.dm.message_page(self.group, viewer_uuid=ADA.uuid, limit=20, cursor=page.older)
        self.assertEqual([each.text for each in older], self.newest_first[3:])
        empty = self.dm.message_page(self.group, viewer_uuid=ADA.uuid, cursor=page.newer)
        self.assertEqual((list(empty), len(empty)), ([], 0))
        self.assertRaises(IndexError, lambda: empty[0])

    def test_around_and_between(self) -> None:
        all_of_them = list(self.dm.messages(self.group, trusted=True, newest_first=False))
        middle = all_of_them[4]
        page = self.dm.message_page(self.group, viewer_uuid=ADA.uuid, limit=3, newest_first=False,
                                    around=middle.uuid, around_created_at=middle.created_at)
        self.assertEqual([each.text for each in page], ["m3", "m4", "m5"])
        self.assertEqual(self.texts(since=middle.created_at, newest_first=False),
                         ["m4", "m5", "m6", "m7"])
        self.assertEqual(self.texts(until=middle.created_at), ["m3", "m2", "m1", "m0"])
        self.assertEqual(self.texts(eventual=True, timeout=30), self.newest_first)

    def test_more_than_a_buffer(self) -> None:
        long = "ä" * 1000
        for _ in range(40):
            self.dm.append(ADA, self.group, long)
        page = self.dm.message_page(self.group, trusted=True, limit=40)
        self.assertEqual([each.text for each in page], [long] * 40)

    def test_cursors_of_the_wrong_direction_and_of_others(self) -> None:
        page = self.dm.message_page(self.group, viewer_uuid=ADA.uuid, limit=3)
        for cursor, newest_first in ((page.older, False), (page.newer, True)):
            with self.refused(CursorDirectionError, Status.E_CURSOR_FOREIGN, "cursor"):
                self.dm.messages(self.group, trusted=True, cursor=cursor, newest_first=newest_first)
        inbox = self.dm.group_page(ADA.uuid)
        with self.refused(cruddur.ArgumentError, Status.E_CURSOR_FOREIGN, "cursor"):
            self.dm.message_page(self.group, trusted=True, cursor=inbox.older)
        with self.refused(cruddur.ArgumentError, Status.E_CURSOR_DAMAGED, "cursor"):
            next(self.dm.messages(self.group, trusted=True, cursor="damaged"))


class ChangingTest(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.group = self.talk(1)
        self.message = self.dm.append(ADA, self.group, "before", data="old")

    def test_edit(self) -> None:
        change = self.dm.edit(ADA.uuid, self.group, self.message.uuid, "after",
                              created_at=self.message.created_at)
        self.assertTrue(change.is_changed)
        self.assertEqual((change.message.text, change.message.data), ("after", "old"))
        self.assertIsNotNone(change.message.edited_at)
        again = self.dm.edit(ADA.uuid, self.group, self.message.uuid, "after")
        self.assertEqual((again.is_changed, again.message), (False, change.message))
        bare = self.dm.edit(ADA.uuid, self.group, self.message.uuid, "after", data="",
                            if_version=change.message.version)
        self.assertIsNone(bare.message.data)
        with self.refused(ConflictError, Status.E_VERSION, "if_version"):
            self.dm.edit(ADA.uuid, self.group, self.message.uuid, SECRET, if_version="")
        with self.refused(RequestError, Status.E_NOT_THE_AUTHOR, "user_uuid"):
            self.dm.edit(BEN.uuid, self.group, self.message.uuid, SECRET)
        trusted = self.dm.edit(CEM.uuid, self.group, self.message.uuid, "moderated", trusted=True)
        self.assertTrue(trusted.is_changed)

    def test_delete(self) -> None:
        change = self.dm.delete(ADA.uuid, self.group, self.message.uuid, if_version="")
        self.assertTrue(change.is_changed)
        self.assertEqual(change.message.text, "")
        self.assertIsNotNone(change.message.deleted_at)
        self.assertFalse(self.dm.delete(ADA.uuid, self.group, self.message.uuid).is_changed)
        with self.refused(RequestError, Status.E_MESSAGE_DELETED, "message_uuid"):
            self.dm.edit(ADA.uuid, self.group, self.message.uuid, SECRET)

    def test_react(self) -> None:
        thumb = "👍🏽"
        self.dm.react(BEN.uuid, self.group, self.message.uuid, thumb)
        change = self.dm.react(ADA.uuid, self.group, self.message.uuid, "!")
        self.assertEqual(change.message.reactions,
                         (Reaction("!", ADA.uuid), Reaction(thumb, BEN.uuid)))
        self.assertFalse(self.dm.react(ADA.uuid, self.group, self.message.uuid, "!").is_changed)
        gone = self.dm.react(ADA.uuid, self.group, self.message.uuid, "!", added=False)
        self.assertEqual(gone.message.reactions, (Reaction(thumb, BEN.uuid),))
        with self.refused(cruddur.ArgumentError, Status.E_REACTION, "reaction"):
            self.dm.react(ADA.uuid, self.group, self.message.uuid, "two")

    def test_a_message_that_is_not_there(self) -> None:
        status = Status.E_MESSAGE_NOT_FOUND if IS_SQLITE else Status.E_MESSAGE_TIME
        with self.refused(NotFoundError if IS_SQLITE else RequestError, status,
                          "message_uuid" if IS_SQLITE else "created_at"):
            self.dm.get_message(self.group, NOWHERE, viewer_uuid=ADA.uuid)
        with self.refused(NotFoundError, Status.E_MESSAGE_NOT_FOUND, "message_uuid"):
            self.dm.get_message(self.group, NOWHERE, trusted=True, created_at=DAY)


if __name__ == "__main__":
    support.main()
