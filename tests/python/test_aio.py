# SPDX-License-Identifier: MIT
"""The store for asyncio: overlapping calls, cancelling, waiting for room, closing."""
import asyncio
import io
import os
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import support  # before the package, which it finds
import cruddur
import cruddur.aio
from cruddur import ClosedError, Status
from support import ADA, BEN, CEM, EVE, GUARD_S, IS_SQLITE, SECRET, StoreTest, run_python


class Surprise(Exception):
    """What the functions of these tests raise."""


class AsyncTest(StoreTest):
    """self.dm is used beside stores for asyncio, which the tests open at the same URL."""

    def run_async(self, work: Callable[[cruddur.aio.AsyncStore], Coroutine[Any, Any, None]],
                  **options: Any) -> None:
        async def main() -> None:
            options.setdefault("timeout", GUARD_S)
            async with cruddur.aio.open(self.url, **options) as dm:
                await work(dm)
            self.assertTrue(dm.is_closed)

        asyncio.run(asyncio.wait_for(main(), GUARD_S))


class CallsTest(AsyncTest):
    def test_every_call(self) -> None:
        async def work(dm: cruddur.aio.AsyncStore) -> None:
            group = (await dm.create_group(ADA, [BEN, CEM], "m0", name="Old")).uuid
            message = await dm.append(BEN, group, "m1")
            self.assertEqual(await dm.get_message(group, message.uuid, viewer_uuid=ADA.uuid),
                             message)
            change = await dm.edit(BEN.uuid, group, message.uuid, "edited")
            self.assertEqual((change.is_changed, change.message.text), (True, "edited"))
            self.assertFalse((await dm.edit(BEN.uuid, group, message.uuid, "edited")).is_changed)
            self.assertTrue((await dm.react(ADA.uuid, group, message.uuid, "!")).is_changed)
            self.assertEqual((await dm.mark_read(CEM.uuid, group)).unread_count, 0)
            self.assertEqual((await dm.mark_unread(CEM.uuid, group,
                                                   since=message.uuid)).unread_count, 1)
            self.assertTrue((await dm.delete(BEN.uuid, group, message.uuid)).is_changed)
            self.assertTrue((await dm.set_group(ADA.uuid, group, pinned=True)).is_pinned)
            self.assertEqual((await dm.rename_group(ADA.uuid, group, "New")).name, "New")
            self.assertEqual((await dm.add_members(ADA.uuid, group, EVE)).member_count, 4)
            self.assertIsNone(await dm.remove_member(EVE, group, EVE))
            self.assertEqual(len(await dm.members(group, trusted=True)), 3)
            self.assertEqual((await dm.get_group(BEN.uuid, group)).name, "New")
            self.assertEqual(len(await dm.group_page(ADA.uuid)), 1)
            self.assertEqual((await dm.message_page(group, trusted=True))[1].text, "m0")
            self.assertEqual((await dm.apply_stream('{"Records": []}')).records, 0)
            self.assertEqual(await dm.schema_verify(stream=not IS_SQLITE), [])
            self.assertTrue(await dm.schema_list())
            await dm.schema_load()
            await dm.schema_upgrade()
            await dm.purge()
            self.assertTrue([row async for row in dm.scan(page_size=3)])
            await dm.rename_people(lambda uuid: None)
            lines: list[str] = []
            await dm.export_person(ADA.uuid, lines.append)
            self.assertTrue(lines)
            file = io.BytesIO()
            await dm.export(file)
            await dm.import_(io.BytesIO(file.getvalue()))
            await dm.erase_person(ADA.uuid)
            await dm.check()

        self.run_async(work)

    def test_listings(self) -> None:
        group = self.talk(7)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            texts = [each.text async for each in dm.messages(group, trusted=True, page_size=3)]
            self.assertEqual(texts, [f"m{number}" for number in reversed(range(7))])
            walk = dm.messages(group, trusted=True, page_size=3, newest_first=False)
            self.assertEqual((await walk.__anext__()).text, "m0")
            self.assertEqual([len(page) async for page in walk.pages()], [3, 1])
            self.assertEqual([each.uuid async for each in dm.groups(ADA.uuid)], [group])
            with self.refused(cruddur.CursorDirectionError, Status.E_CURSOR_FOREIGN, "cursor"):
                dm.messages(group, trusted=True, newest_first=True, cursor=walk.cursor)

        self.run_async(work)

    def test_errors(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            with self.refused(cruddur.NotFoundError, Status.E_GROUP_NOT_FOUND, "group_uuid"):
                await dm.append(EVE, group, SECRET)
            with self.refused(cruddur.ArgumentError, Status.E_TEXT_BLANK, "text"):
                await dm.append(ADA, group, " ")
            with self.assertRaisesRegex(TypeError, "text must be str"):
                await dm.append(ADA, group, 7)  # type: ignore[arg-type]
            with self.refused(cruddur.DeadlineError, Status.E_TIMEOUT) as refused:
                for _ in range(1000):
                    await dm.check(timeout=0.001)
                    await dm.append(ADA, group, "text", timeout=0.001)
            assert refused.error is not None
            self.assertTrue(refused.error.retryable)

        self.run_async(work)

    def test_observers(self) -> None:
        self.talk(2)
        main = threading.get_ident()

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            threads: set[int] = set()
            await dm.check(observe=lambda event: threads.add(threading.get_ident()))
            self.assertNotIn(main, threads)

            def fail(event: object) -> None:
                raise Surprise("once")

            with self.assertRaisesRegex(Surprise, "once"):
                await dm.check(observe=fail)

        self.run_async(work)


class ManyTest(AsyncTest):
    def test_they_overlap_and_keep_the_order_of_a_group(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            await asyncio.gather(*(dm.append(ADA, group, f"a{number}") for number in range(40)))
            texts = [each.text async for each in dm.messages(group, trusted=True,
                                                             newest_first=False)]
            self.assertEqual(texts, ["m0"] + [f"a{number}" for number in range(40)])

        self.run_async(work)

    def test_more_than_fit_wait(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            tasks = [asyncio.create_task(dm.message_page(group, trusted=True)) for _ in range(200)]
            await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            for number, result in enumerate(done):
                if number % 3:
                    assert not isinstance(result, BaseException), result
                    self.assertEqual([each.text for each in result], ["m0"])
                else:
                    self.assertIsInstance(result, asyncio.CancelledError)
            self.assertEqual(len(await dm.message_page(group, trusted=True)), 1)

        self.run_async(work, threads=2, max_requests=4)

    def test_no_thread_of_python_waits(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            before = threading.active_count()
            await asyncio.gather(*(dm.message_page(group, trusted=True) for _ in range(100)))
            self.assertEqual(threading.active_count(), before)

        self.run_async(work)


class CancelTest(AsyncTest):
    def slow_call(self, dm: cruddur.aio.AsyncStore, begun: threading.Event,
                  leave: threading.Event) -> Coroutine[Any, Any, None]:
        def observe(event: object) -> None:
            begun.set()
            leave.wait(GUARD_S)

        return dm.check(observe=observe)

    def test_a_task_that_is_cancelled(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            begun, leave = threading.Event(), threading.Event()
            slow = asyncio.create_task(self.slow_call(dm, begun, leave))
            await asyncio.to_thread(begun.wait, GUARD_S)
            queued = asyncio.create_task(dm.append(ADA, group, SECRET))
            await asyncio.sleep(0)
            for task in (slow, queued):
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
            leave.set()
            page = await dm.message_page(group, trusted=True)
            self.assertEqual([each.text for each in page], ["m0"])
            queued.cancel()  # what is done already
            with self.assertRaises(asyncio.TimeoutError):
                begun, leave = threading.Event(), threading.Event()
                try:
                    await asyncio.wait_for(self.slow_call(dm, begun, leave), 0.05)
                finally:
                    leave.set()

        self.run_async(work, threads=1)

    def test_cancelling_at_every_moment(self) -> None:
        """Cancelled before the submission, in the queue, while it runs, and when it has completed."""
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            for turns in range(60):
                task = asyncio.create_task(dm.append(ADA, group, f"t{turns}"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            self.assertFalse(dm._waiting)

        self.run_async(work)


class CloseTest(AsyncTest):
    def test_it_drains(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            tasks = [asyncio.create_task(dm.append(ADA, group, f"a{number}"))
                     for number in range(20)]
            await asyncio.sleep(0)
            await dm.close()
            self.assertEqual([(await task).text for task in tasks],
                             [f"a{number}" for number in range(20)])
            calls: tuple[Callable[[], Coroutine[Any, Any, object]], ...] = (
                lambda: dm.append(ADA, group, SECRET),
                lambda: dm.messages(group, trusted=True).__anext__())
            for call in calls:
                with self.refused(ClosedError, Status.E_INVALID_ARGUMENT, "dm"):
                    await call()
            await dm.close()

        self.run_async(work)

    def test_it_cancels(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            tasks = [asyncio.create_task(dm.append(ADA, group, f"a{number}"))
                     for number in range(100)]
            await asyncio.sleep(0)
            await dm.close(cancel=True)
            done = await asyncio.gather(*tasks, return_exceptions=True)
            for each in done:
                self.assertIsInstance(each, (cruddur.Message, cruddur.CancelledError, ClosedError))

        self.run_async(work, threads=2, max_requests=50)

    def test_with_an_exception(self) -> None:
        group = self.talk(1)

        async def main() -> None:
            async with cruddur.aio.open(self.url, timeout=GUARD_S) as dm:
                asyncio.gather(*(dm.message_page(group, trusted=True) for _ in range(10)),
                               return_exceptions=True)
                await asyncio.sleep(0)
                raise Surprise

        self.assertRaises(Surprise, asyncio.run, main())

    def test_another_loop(self) -> None:
        group = self.talk(1)
        dm = cruddur.aio.open(self.url, timeout=GUARD_S)

        async def use() -> None:
            await dm.message_page(group, trusted=True)

        asyncio.run(use())
        self.assertRaisesRegex(RuntimeError, "another event loop", asyncio.run, use())
        asyncio.run(dm.close())

    def test_requests_of_a_loop_that_has_ended(self) -> None:
        group = self.talk(1)
        dm = cruddur.aio.open(self.url, threads=1, timeout=GUARD_S)

        async def leave() -> None:
            for number in range(20):
                asyncio.ensure_future(dm.append(ADA, group, f"a{number}"))
            await asyncio.sleep(0)

        asyncio.run(leave())
        asyncio.run(asyncio.wait_for(dm.close(), GUARD_S))

    @support.sqlite_only
    def test_a_move_that_is_cancelled(self) -> None:
        """It uses the other store until it has noticed."""
        self.talk(20)
        seen, to = threading.Event(), self.open_fresh().url

        def observe(event: object) -> None:
            seen.set()
            time.sleep(0.05)

        async def main() -> None:
            async with cruddur.aio.open(self.url, timeout=GUARD_S) as dm:
                async with cruddur.aio.open(to) as other:
                    move = asyncio.ensure_future(dm.move_to(other, observe=observe))
                    while not seen.is_set() and not move.done():
                        await asyncio.sleep(0.001)
                    move.cancel()
                    await asyncio.wait([move])
                self.assertEqual((dm._ends, other._guests), ({}, set()))
                with self.refused(ClosedError, Status.E_INVALID_ARGUMENT, "dm"):
                    await dm.move_to(other)

        asyncio.run(main())

    @support.sqlite_only
    def test_the_interpreter_ends_with_requests_in_flight(self) -> None:
        code = f"""
import asyncio, cruddur.aio, warnings
warnings.simplefilter("ignore")
async def main():
    dm = cruddur.aio.open({self.url!r})
    group = (await dm.create_group({ADA.uuid!r}, {BEN.uuid!r}, "text")).uuid
    for _ in range(50):
        asyncio.ensure_future(dm.append({ADA.uuid!r}, group, "text"))
    await asyncio.sleep(0)
    print("end")
    import os, sys
    sys.exit(7)
asyncio.run(main())
"""
        for _ in range(3):
            done = run_python(code)
            self.assertEqual((done.returncode, done.stdout), (7, "end\n"), done.stderr)

    def test_a_forked_child(self) -> None:
        group = self.talk(1)

        async def work(dm: cruddur.aio.AsyncStore) -> None:
            await dm.message_page(group, trusted=True)
            child = support.fork()
            if child == 0:
                status = 1
                try:
                    await dm.message_page(group, trusted=True)
                except cruddur.ForkedError:
                    status = 0
                finally:
                    os._exit(status)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

        self.run_async(work)


if __name__ == "__main__":
    support.main()
