# SPDX-License-Identifier: MIT
"""Watches: every kind of event, resuming, waiting in threads and in tasks, closing."""
import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import support  # before the package, which it finds
import cruddur
import cruddur.aio
from cruddur import ClosedError, Event, EventKind, Status, Watch, WatchBusyError
from support import ADA, BEN, CEM, EVE, GUARD_S, NOWHERE, StoreTest, run_threads

FAST: dict[str, Any] = {"interval_min": 0.1, "interval_max": 0.2}  # on DynamoDB


class WatchTest(StoreTest):
    def watch(self, **options: Any) -> Watch:
        watch = self.dm.watch(**FAST, **options)
        self.addCleanup(watch.close)
        return watch

    def take(self, watch: Watch, kind: EventKind) -> Event:
        """The next event of this kind; others may come before it."""
        until = time.monotonic() + GUARD_S
        while time.monotonic() < until:
            event = watch.next(GUARD_S)
            assert event is not None
            if event.kind is kind:
                return event
        raise AssertionError(f"no {kind!r}")


class EventsTest(WatchTest):
    def test_every_kind(self) -> None:
        inbox = self.watch(user_uuid=BEN.uuid)
        group = self.dm.create_group(ADA, [BEN, CEM], "m0", name="Old").uuid
        self.assertEqual(self.take(inbox, EventKind.GROUP_OPENED).group_uuid, group)
        first = self.take(inbox, EventKind.MESSAGE).message
        assert first is not None
        self.assertEqual((first.text, first.author), ("m0", ADA))
        sent = self.dm.append(ADA, group, "m1")
        self.assertEqual(self.take(inbox, EventKind.MESSAGE).message, sent)
        edited = self.dm.edit(ADA.uuid, group, sent.uuid, "edited").message
        event = self.take(inbox, EventKind.EDIT)
        self.assertEqual((event.message, event.version), (edited, edited.version))
        reacted = self.dm.react(CEM.uuid, group, sent.uuid, "!").message
        self.assertEqual(self.take(inbox, EventKind.REACTION).message, reacted)
        self.dm.delete(ADA.uuid, group, sent.uuid)
        deleted = self.take(inbox, EventKind.DELETION).message
        assert deleted is not None
        self.assertEqual(deleted.text, "")
        self.dm.mark_read(BEN.uuid, group)
        read = self.take(inbox, EventKind.READ)
        self.assertEqual((read.user_uuid, read.read_up_to), (BEN.uuid, sent.created_at))
        self.dm.rename_group(ADA.uuid, group, "New")
        self.assertIsNone(self.take(inbox, EventKind.GROUP_CHANGED).message)
        self.dm.add_members(ADA.uuid, group, EVE)
        self.assertEqual(self.take(inbox, EventKind.MEMBER_ADDED).user_uuid, EVE)
        self.dm.remove_member(ADA.uuid, group, EVE)
        self.assertEqual(self.take(inbox, EventKind.MEMBER_REMOVED).user_uuid, EVE)

    def test_resuming(self) -> None:
        group = self.talk(1)
        watch = self.watch(group_uuid=group, viewer_uuid=ADA.uuid)
        begin = watch.cursor
        for number in range(5):
            self.dm.append(BEN, group, f"n{number}")
        texts = [self.take(watch, EventKind.MESSAGE) for _ in range(3)]
        watch.close()
        for cursor, first in ((texts[1].cursor, 2), (begin, 0)):
            again = self.watch(group_uuid=group, viewer_uuid=ADA.uuid, cursor=cursor)
            found: list[str] = []
            while "n4" not in found:
                message = self.take(again, EventKind.MESSAGE).message
                assert message is not None
                if message.text not in found:  # repeats are allowed
                    found.append(message.text)
            self.assertLessEqual({f"n{number}" for number in range(first, 5)}, set(found))

    def test_refusals(self) -> None:
        group, other = self.talk(1), self.dm.create_group(ADA, CEM, "other").uuid
        foreign = self.watch(group_uuid=other, trusted=True).cursor
        page = self.dm.message_page(group, trusted=True)
        dm: Any = self.dm
        refusals: tuple[tuple[type[cruddur.Error], Status, Callable[[], object]], ...] = (
            (cruddur.NotFoundError, Status.E_GROUP_NOT_FOUND,
             lambda: dm.watch(group_uuid=group, viewer_uuid=EVE)),
            (cruddur.NotFoundError, Status.E_GROUP_NOT_FOUND,
             lambda: dm.watch(group_uuid=NOWHERE, trusted=True)),
            (cruddur.ArgumentError, Status.E_CURSOR_FOREIGN,
             lambda: dm.watch(group_uuid=group, trusted=True, cursor=foreign)),
            (cruddur.ArgumentError, Status.E_CURSOR_FOREIGN,
             lambda: dm.watch(group_uuid=group, trusted=True, cursor=page.newer)),
            (cruddur.ArgumentError, Status.E_CURSOR_DAMAGED,
             lambda: dm.watch(group_uuid=group, trusted=True, cursor="damaged")),
            (cruddur.ArgumentError, Status.E_INVALID_ARGUMENT,
             lambda: dm.watch(user_uuid=ADA.uuid, group_uuid=group)),
            (cruddur.ArgumentError, Status.E_CURSOR_FOREIGN,
             lambda: dm.message_page(group, trusted=True, cursor=foreign)))
        for kind, status, call in refusals:
            with self.subTest(status), self.assertRaises(kind) as raised:
                call()
            self.assertEqual(raised.exception.status, status)
        wrong: tuple[tuple[str, Callable[[], object]], ...] = (
            ("cursor must be str", lambda: dm.watch(user_uuid=ADA.uuid, cursor=7)),
            ("trusted must be bool", lambda: dm.watch(group_uuid=group, trusted=1)))
        for words, call in wrong:
            with self.assertRaisesRegex(TypeError, words):
                call()

    def test_a_member_who_is_removed(self) -> None:
        group = self.dm.create_group(ADA, [BEN, CEM], "m0").uuid
        watch = self.watch(group_uuid=group, viewer_uuid=CEM.uuid)
        self.dm.remove_member(ADA.uuid, group, CEM.uuid)
        self.dm.append(ADA, group, support.SECRET)
        with self.assertRaises(cruddur.NotFoundError):
            for event in watch:
                self.assertNotIn(support.SECRET, repr(event))


class WaitingTest(WatchTest):
    def test_an_iteration_ends_with_the_watch_or_the_store(self) -> None:
        group = self.talk(1)
        for store_is_closed in (False, True):
            dm = cruddur.open(self.url)
            self.addCleanup(dm.close)
            watch = dm.watch(group_uuid=group, trusted=True, interval_min=0.1, interval_max=0.2)
            found: list[Event] = []
            got_one, ended = threading.Event(), threading.Event()

            def follow() -> None:
                for event in watch:
                    found.append(event)
                    got_one.set()
                ended.set()

            thread = threading.Thread(target=follow)
            thread.start()
            dm.append(ADA, group, "text")
            self.assertTrue(got_one.wait(GUARD_S))
            closing: cruddur.Store | Watch = dm if store_is_closed else watch
            closing.close()
            self.assertTrue(ended.wait(GUARD_S))
            thread.join()
            self.assertEqual(list(watch), [])
            with self.assertRaises(ClosedError):
                watch.next(0)
            watch.close()
            watch.close()

    def test_two_threads(self) -> None:
        watch = self.watch(user_uuid=ADA.uuid)
        waiting = threading.Thread(target=lambda: list(watch))
        waiting.start()
        refused: list[cruddur.Error] = []
        until = time.monotonic() + GUARD_S
        while not refused and time.monotonic() < until:
            try:
                watch.next(0)
            except WatchBusyError as failure:
                refused.append(failure)
        self.assertEqual(refused[0].status, Status.E_WATCH_BUSY)
        with self.refused(WatchBusyError, Status.E_WATCH_BUSY, "watch"):
            watch.cursor
        run_threads(lambda number: watch.close(), 4)
        waiting.join(GUARD_S)
        self.assertFalse(waiting.is_alive())

    def test_with_poll_and_a_limit(self) -> None:
        group = self.talk(1)
        watch = self.watch(group_uuid=group, trusted=True)
        self.assertIsNone(watch.next(0))
        self.assertIsNone(watch.next(0.01))
        self.assertIsNone(watch.next(timedelta(0)))
        self.assertRaises(TypeError, watch.next, "1")
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        self.assertEqual(poll.poll(0), [])
        self.dm.append(ADA, group, "text")
        self.assertEqual(poll.poll(GUARD_S * 1000), [(watch.fileno(), select.POLLIN)])
        self.assertIsNotNone(watch.next(0))
        threading.Timer(0.05, lambda: self.dm.append(ADA, group, "more")).start()
        self.assertIsNotNone(watch.next(timedelta(days=40)))

    def test_signals_end_the_wait(self) -> None:
        watch = self.watch(user_uuid=ADA.uuid)

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertRaises(KeyboardInterrupt, watch.next, GUARD_S)
        self.assertIsNone(watch.next(0))

    def test_many(self) -> None:
        group = self.talk(1)
        watches = [self.watch(group_uuid=group, viewer_uuid=(ADA, BEN)[number % 2].uuid)
                   for number in range(30)]
        self.dm.append(ADA, group, "to all")
        for watch in watches:
            message = self.take(watch, EventKind.MESSAGE).message
            assert message is not None
            self.assertEqual(message.text, "to all")

    def test_a_forked_child(self) -> None:
        watch = self.watch(user_uuid=ADA.uuid)
        child = support.fork()
        if child == 0:
            status = 1
            try:
                watch.next(0)
            except cruddur.ForkedError:
                watch.close()
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertIsNone(watch.next(0))

    def test_a_store_that_is_closed(self) -> None:
        self.dm.close()
        with self.assertRaises(ClosedError):
            self.dm.watch(user_uuid=ADA.uuid)


class AsyncTest(WatchTest):
    def run_async(self, work: Callable[[cruddur.aio.AsyncStore], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with cruddur.aio.open(self.url) as dm:
                await work(dm)

        asyncio.run(asyncio.wait_for(main(), GUARD_S))

    def test_it_waits_beside_calls(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            found: list[str] = []
            async with dm.watch(group_uuid=group, viewer_uuid=ADA.uuid, **FAST) as watch:
                self.assertTrue(watch.cursor)
                sending = asyncio.gather(*(dm.append(BEN, group, f"n{number}")
                                           for number in range(20)))
                async for event in watch:
                    if event.kind is EventKind.MESSAGE and event.message is not None:
                        found.append(event.message.text)
                    if len(set(found)) == 20:
                        break
                await sending
            self.assertEqual(list(dict.fromkeys(found)), [f"n{number}" for number in range(20)])

        self.run_async(work)

    def test_closing_and_cancelling(self) -> None:
        async def work(dm: cruddur.aio.AsyncStore) -> None:
            watch = dm.watch(user_uuid=ADA.uuid, **FAST)

            async def follow() -> None:
                async for _ in watch:
                    pass

            async with dm.watch(user_uuid=BEN.uuid) as cancelled:
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(cancelled.next(), 0.05)
                task = asyncio.create_task(cancelled.next())
                await asyncio.sleep(0.01)
                with self.assertRaises(WatchBusyError):
                    await cancelled.next()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            following = asyncio.create_task(follow())
            await asyncio.sleep(0.05)
            watch.close()
            await asyncio.wait_for(following, GUARD_S)
            with self.assertRaises(ClosedError):
                await watch.next()
            with self.assertRaises(cruddur.NotFoundError):
                await dm.watch(group_uuid=NOWHERE, trusted=True).next()

        self.run_async(work)

    def test_it_is_opened_once(self) -> None:
        """And closed, whenever the task that opens it is cancelled, or the watch is closed."""
        def beacons() -> int:
            found = 0
            for name in os.listdir("/proc/self/fd"):
                try:
                    found += os.readlink(f"/proc/self/fd/{name}") == "anon_inode:[eventfd]"
                except OSError:  # that of the listing itself
                    pass
            return found

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            watch = dm.watch(user_uuid=ADA.uuid, **FAST)
            opening = asyncio.create_task(watch.__aenter__())
            await asyncio.sleep(0)
            with self.assertRaises(WatchBusyError):
                await watch.next()
            await opening
            before = beacons()
            for turns in range(12):
                other = dm.watch(user_uuid=ADA.uuid, **FAST)
                task = asyncio.create_task(other.next())
                for _ in range(turns):
                    await asyncio.sleep(0)
                if turns % 2:
                    task.cancel()
                other.close()
                ended, = await asyncio.gather(task, return_exceptions=True)
                self.assertIsInstance(ended, (asyncio.CancelledError, ClosedError))
            while dm._pending or beacons() != before:
                await asyncio.sleep(0.001)
            watch.close()

        self.run_async(work)

    def test_the_store_is_closed(self) -> None:
        async def main() -> None:
            dm = cruddur.aio.open(self.url)
            watch = dm.watch(user_uuid=ADA.uuid, **FAST)
            async with watch:
                following = asyncio.create_task(watch.__anext__())
                await asyncio.sleep(0.01)
                await dm.close()
                with self.assertRaises(StopAsyncIteration):
                    await asyncio.wait_for(following, GUARD_S)

        asyncio.run(main())


class RacesTest(WatchTest):
    def test_closing_while_events_come(self) -> None:
        group = self.talk(1)

        def work(number: int) -> None:
            for _ in range(5):
                with self.dm.watch(group_uuid=group, trusted=True) as watch:
                    self.dm.append(ADA, group, f"{number}")
                    self.take(watch, EventKind.MESSAGE)

        run_threads(work, 4)


if __name__ == "__main__":
    support.main()
