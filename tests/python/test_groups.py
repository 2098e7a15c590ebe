# SPDX-License-Identifier: MIT
"""Groups: opening, inboxes, members, marks, settings."""
from datetime import datetime, timedelta, timezone

import support
from cruddur import (ArgumentError, ConflictError, Error, NotFoundError, RequestError, Status, User,
                     direct_group_uuid)
from support import ADA, BEN, CEM, EVE, NOWHERE, StoreTest

SOON = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)


def by_uuid(user: User) -> str:
    return user.uuid


class OpeningTest(StoreTest):
    def test_a_direct_group(self) -> None:
        group = self.dm.create_group(ADA, BEN, "Hello, Ben!")
        self.assertEqual(group.uuid, direct_group_uuid(ADA.uuid, BEN.uuid))
        self.assertEqual((group.name, group.member_count, group.text), (None, 2, "Hello, Ben!"))
        self.assertEqual(group.other, BEN)
        self.assertEqual(self.dm.create_group(BEN, [ADA], "Ada!").uuid, group.uuid)
        seen = self.dm.get_group(ADA.uuid, group.uuid)
        self.assertEqual((seen.text, seen.unread_count, seen.unread_is_exact), ("Ada!", 1, True))
        separate = self.dm.create_group(ADA, BEN, "Beside", separate=True)
        self.assertNotEqual(separate.uuid, group.uuid)

    def test_a_named_group(self) -> None:
        group = self.dm.create_group(ADA, [BEN, CEM], "All", name="Die Drei", group_uuid=NOWHERE,
                                     data="first")
        self.assertEqual((group.uuid, group.name, group.member_count), (NOWHERE, "Die Drei", 3))
        found = self.dm.members(group.uuid, viewer_uuid=CEM.uuid)
        self.assertEqual([member.user for member in found], sorted([ADA, BEN, CEM],
                                                                   key=by_uuid))
        self.assertEqual(found, self.dm.members(group.uuid, trusted=True))
        read = {member.uuid: member.read_up_to for member in found}
        self.assertEqual(read[ADA.uuid], group.last_message_at)
        with self.refused(ConflictError, Status.E_GROUP_EXISTS, "group_uuid"):
            self.dm.create_group(ADA, [BEN, User(EVE)], "Others", group_uuid=NOWHERE)

    def test_refusals(self) -> None:
        cases: tuple[tuple[object, Status, str], ...] = (
            ([], Status.E_MEMBER_COUNT, "others"), ([ADA], Status.E_MEMBER_SELF, "others"),
            ([BEN, BEN], Status.E_MEMBER_TWICE, "others"))
        for others, status, argument in cases:
            with self.refused(ArgumentError, status, argument):
                self.dm.create_group(ADA, others, "text")  # type: ignore[arg-type]


class InboxTest(StoreTest):
    def test_it_is_walked_through_both_ways(self) -> None:
        groups = [self.dm.create_group(ADA, f"00000000-0000-4000-8000-0000000001{number:02}",
                                       f"g{number}").uuid for number in range(7)]
        found = [group.uuid for group in self.dm.groups(ADA.uuid, page_size=3)]
        self.assertEqual(found, groups[::-1])
        found = [group.uuid for group in self.dm.groups(ADA.uuid, newest_first=False, page_size=2)]
        self.assertEqual(found, groups)
        page = self.dm.group_page(ADA.uuid, limit=5, counts=False)
        self.assertEqual([group.text for group in page], ["g6", "g5", "g4", "g3", "g2"])
        self.assertTrue(page.has_older)
        self.assertEqual(list(self.dm.groups(EVE)), [])

    def test_filters(self) -> None:
        first, second = self.talk(2), self.dm.create_group(CEM, ADA, "g2").uuid
        self.dm.mark_read(ADA.uuid, first)
        self.assertEqual([each.uuid for each in self.dm.groups(ADA.uuid, unread=True)], [second])
        self.dm.set_group(ADA.uuid, second, archived=True)
        self.assertEqual([each.uuid for each in self.dm.groups(ADA.uuid)], [first])
        self.assertEqual(len(list(self.dm.groups(ADA.uuid, archived=True))), 2)


class ReadingTest(StoreTest):
    def test_marks(self) -> None:
        group = self.talk(6)
        own = [each for each in self.dm.messages(group, trusted=True, newest_first=False)]
        self.assertEqual(self.dm.get_group(BEN.uuid, group).unread_count, 0)
        marked = self.dm.mark_unread(BEN.uuid, group, since=own[2].uuid,
                                     since_created_at=own[2].created_at)
        self.assertEqual((marked.unread_count, marked.read_up_to), (2, own[1].created_at))
        marked = self.dm.mark_read(BEN.uuid, group, up_to=own[2].uuid,
                                   up_to_created_at=own[2].created_at)
        self.assertEqual(marked.unread_count, 1)
        self.assertEqual(self.dm.mark_read(BEN.uuid, group).unread_count, 0)
        with self.refused(NotFoundError, Status.E_GROUP_NOT_FOUND, "group_uuid"):
            self.dm.mark_read(EVE, group)

    def test_settings(self) -> None:
        group = self.talk(2)
        seen = self.dm.set_group(ADA.uuid, group, pinned=True, muted=True, blocked=True)
        self.assertEqual((seen.is_pinned, seen.muted_until, seen.is_blocked,
                          seen.is_blocked_by_viewer), (True, True, True, True))
        self.assertFalse(self.dm.get_group(BEN.uuid, group).is_blocked_by_viewer)
        with self.refused(RequestError, Status.E_BLOCKED, "group_uuid"):
            self.dm.append(BEN, group, "text")
        seen = self.dm.set_group(ADA.uuid, group, muted=SOON, blocked=False)
        self.assertEqual((seen.is_pinned, seen.muted_until, seen.is_blocked), (True, SOON, False))
        seen = self.dm.set_group(ADA.uuid, group, muted=False, pinned=False)
        self.assertEqual((seen.is_pinned, seen.muted_until), (False, False))
        self.assertEqual(self.dm.set_group(ADA.uuid, group), seen)
        self.assertTrue(self.dm.set_group(ADA.uuid, group, hidden=True).is_hidden)
        self.assertEqual(list(self.dm.groups(ADA.uuid)), [])
        self.assertEqual(len(list(self.dm.groups(ADA.uuid, hidden=True))), 1)


class MembersTest(StoreTest):
    def test_they_come_and_go(self) -> None:
        group = self.dm.create_group(ADA, [BEN, CEM], "one", name="Old").uuid
        renamed = self.dm.rename_group(BEN.uuid, group, "New", data="picture")
        self.assertEqual((renamed.name, renamed.data), ("New", "picture"))
        self.assertEqual(self.dm.rename_group(BEN.uuid, group, data="").data, None)
        grown = self.dm.add_members(ADA.uuid, group, EVE, with_history=True)
        self.assertEqual(grown.member_count, 4)
        self.assertEqual(len(list(self.dm.messages(group, viewer_uuid=EVE))), 1)
        smaller = self.dm.remove_member(ADA.uuid, group, CEM.uuid)
        assert smaller is not None
        self.assertEqual(smaller.member_count, 3)
        self.assertIsNone(self.dm.remove_member(EVE, group, EVE))
        with self.refused(NotFoundError, Status.E_NOT_A_MEMBER, "member_uuid"):
            self.dm.remove_member(ADA.uuid, group, EVE)
        with self.refused(RequestError, Status.E_MEMBER_LAST, "member_uuid") as refused:
            self.dm.remove_member(ADA.uuid, group, BEN.uuid)
        assert isinstance(refused.error, Error)
        self.assertFalse(refused.error.retryable)
        with self.refused(ArgumentError, Status.E_INVALID_ARGUMENT, "name"):
            self.dm.rename_group(BEN.uuid, group)


if __name__ == "__main__":
    support.main()
