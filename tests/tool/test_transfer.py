#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cruddur export and import between SQLite files: whole, interrupted, altered, in other formats."""
import json
import os
import subprocess
import threading
import unittest

import transfer
from cli import COMMAND, MAREN_TEO, SECRET, CommandTest

ROWS = 2600  # three blocks


class TransferTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("messages.export")

    def other(self, name="other.db"):
        """A second store, empty, as the options of a command."""
        store = "sqlite:" + self.path(name)
        self.ok("schema", "load", "--store", store)
        return ("--store", store)

    def make(self, count=ROWS):
        """A conversation, old messages and foreign rows, exported."""
        self.seed(20)
        with self.database() as connection:
            transfer.plant_messages(connection, count - 20 - 3 - 3)
            transfer.plant_foreign(connection)
        self.assertEqual(self.ok_json("export", self.file), {"rows": count})
        return transfer.Export(self.file)

    def rows(self, name="messages.db"):
        return transfer.rows_of_file(self.path(name))

    def counts(self, *arguments, **how):
        return self.ok_json("import", *arguments, **how)

    def expect_counts(self, counts, **expected):
        everything = dict.fromkeys(("put", "same", "conflicts", "replaced", "claims"), 0) | expected
        counts.pop("rows")
        self.assertEqual(counts, everything)


class Whole(TransferTest):
    def test_there_and_again(self):
        export = self.make()
        self.assertEqual(len(export.ends_of_blocks()), 3)
        other = self.other()
        self.assertIn("2600 rows; 2600 put, 0 the same\n", self.ok("import", self.file, *other).out)
        self.assertEqual(self.rows(), self.rows("other.db"))
        self.expect_counts(self.counts(self.file, *other), same=ROWS)
        self.assertEqual(self.rows(), self.rows("other.db"))
        again = self.ok("export", "-", *other).out
        self.assertEqual([line for line in again.splitlines() if line.startswith('{"Item"')],
                         [line.decode()[:-1] for line in export.lines
                          if line.startswith(b'{"Item"')])
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)

    def test_progress(self):
        self.make()
        result = self.run_command("export", self.path("again"), "--verbose")
        self.assertEqual(result.code, 0)
        self.assertRegex(result.err, r"cruddur export: 1000 rows, \d+ a second; 38 %, \d+ s left\n")
        result = self.run_command("import", self.file, *self.other(), "--verbose")
        self.assertRegex(result.err, r"cruddur import: 1000 rows, \d+ a second; \d+ %, \d+ s left\n")
        self.assertRegex(result.err, r"cruddur import: import: OK in ")
        code, text = self.on_terminal(80, "export", self.path("third"))
        self.assertEqual(code, 0)
        self.assertIn("2600 rows\n", text)

    def test_empty_table(self):
        self.other()
        self.environment["CRUDDUR_STORE"] = "sqlite:" + self.path("other.db")
        self.assertEqual(self.ok("export", self.file).out, "0 rows\n")
        self.expect_counts(self.counts(self.file, "--unused"))

    def test_row_in_conflict(self):
        self.make()
        with self.database() as connection:
            connection.execute("UPDATE cruddur_messages SET message = ? WHERE sk = 'note'", (SECRET,))
            connection.execute("UPDATE cruddur_messages SET other_attributes = '{}' WHERE sk = 'profile'")
            connection.execute("UPDATE cruddur_messages SET other_attributes = '{\"b\": {\"B\" : \"AAEC\"},"
                               "\"m\":{\"M\":{\"a\":{\"SS\":[\"y\",\"x\"]}}},\"ns\":{\"NS\":[\"2\",\"1.0\"]},"
                               "\"none\":{\"NULL\":true},\"no\":{\"BOOL\":false},\"n\":{\"N\":\"314e-2\"},"
                               "\"l\":{\"L\":[{\"S\":\"\\u00e9 \\\"q\\\" \\\\\"},{\"N\":\"-7\"}]}}'"
                               " WHERE sk = 'a setting'")
        before = self.rows()
        result = self.run_command("import", self.file, "--json")
        self.assertEqual(result.code, 1)
        self.expect_counts(result.json, same=ROWS - 2, conflicts=2)
        self.assertEqual(result.err.splitlines(), [
            f"cruddur import: MSG#{MAREN_TEO} note: the table has another row with this key, which stays",
            "cruddur import: USER#1 profile: the table has another row with this key, which stays"])
        self.assertEqual(self.rows(), before)
        result = self.run_command("import", self.file, "--json", "--replace")
        self.assertEqual((result.code, result.err.count("which is replaced")), (0, 2))
        self.expect_counts(result.json, same=ROWS - 2, replaced=2)
        self.expect_counts(self.counts(self.file, "--replace"), same=ROWS)

    def test_beside_a_writer(self):
        """An export shows one moment: whoever imports it has a table without a contradiction."""
        self.make(20000)
        stop = threading.Event()

        def write():
            while not stop.is_set():
                self.ok("send", "--as", "@maren", MAREN_TEO, "more", "--json")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(3):
                path = self.path(f"beside-{i}.export")
                self.ok("export", path)
                keys = [(item["pk"]["S"], item["sk"]["S"]) for item in transfer.Export(path).items()]
                inbox = [sk for pk, sk in keys if pk.startswith("GRP#") and sk != "a setting"]
                newest = max(sk for pk, sk in keys if pk == "MSG#" + MAREN_TEO and sk != "note")
                self.assertEqual(inbox, [newest, newest])
        finally:
            stop.set()
            writer.join()


class Interrupted(TransferTest):
    def test_export_is_continued(self):
        whole = self.make()
        ends = whole.ends_of_blocks()
        header = len(whole.lines[0])
        first_block = sum(map(len, whole.lines[:ends[0] + 1]))
        everything = sum(map(len, whole.lines))
        # in the header, before the first block is whole, in the second, and before the end
        for size in (header + 100, first_block + 1000, everything - 10):
            path = self.path(f"cut-at-{size}")
            transfer.export_up_to(self, path, size)
            self.fails(2, "it exists", "export", path)
            self.assertEqual(self.ok_json("export", "--resume", path), {"rows": ROWS})
            self.assertEqual(transfer.Export(path).items(), whole.items())
            name = f"from-{size}.db"
            self.expect_counts(self.counts(path, *self.other(name)), put=ROWS)
            self.assertEqual(self.rows(name), self.rows())

    def test_what_can_be_continued(self):
        self.make()
        empty = self.write("empty", "")
        self.assertEqual(self.ok_json("export", "--resume", empty), {"rows": ROWS})
        self.expect_counts(self.counts(empty, *self.other()), put=ROWS)
        self.fails(2, "complete", "export", "--resume", self.file)
        self.fails(2, "not the beginning of an export", "export", "--resume",
                   self.write("text", SECRET + "\n"))
        self.fails(1, "No such file", "export", "--resume", self.path("none"))
        self.fails(2, "--resume", "export", "--resume", "-")

    def test_import_is_killed_and_run_again(self):
        whole = self.make()
        half = b"".join(whole.lines[:whole.ends_of_blocks()[1] + 50])
        other = self.other()

        def has_rows():
            return len(self.rows("other.db")) > 0

        transfer.import_and_kill(self, half, *other, when=has_rows)
        there = len(self.rows("other.db"))
        self.assertIn(there, (1000, 2000))
        self.expect_counts(self.counts(self.file, *other), put=ROWS - there, same=there)
        self.assertEqual(self.rows("other.db"), self.rows())

    def test_import_is_continued_with_a_cursor(self):
        whole = self.make()
        other = self.other()
        cut = self.write("cut", b"".join(whole.lines[:-100]))
        result = self.run_command("import", cut, *other)
        self.assertEqual((result.code, result.out), (1, ""))
        cursor = result.err.split("--cursor ")[1].strip()
        self.expect_counts(self.counts(self.file, *other, "--cursor", cursor), put=600)
        self.assertEqual(self.rows("other.db"), self.rows())
        self.fails(2, "--cursor: is not the cursor", "import", self.file, "--cursor", "1000")
        rows, _, place = cursor.split(":")
        self.fails(2, "--cursor: is of the import of another", "import", self.file, *other,
                   "--cursor", ":".join((rows, "0" * 64, place)))
        self.fails(2, "--cursor: is of the import of another", "import", self.file, *other,
                   "--cursor", cursor.replace("2000:", "2500:"))

    def test_cursor_of_a_text_without_an_id(self):
        """It fits neither another text, be it the same but for one row or cut short, nor another
        store."""
        lines = self.make().as_s3().splitlines(keepends=True)
        other = self.other()
        broken = self.write("broken", b"".join(lines[:1500]) + b"nonsense\n")
        result = self.run_command("import", broken, *other)
        self.assertEqual(result.code, 1)
        cursor = result.err.split("--cursor ")[1].strip()
        good = self.write("good", b"".join(lines))
        there = self.rows("other.db")
        self.assertEqual(len(there), 1000)
        others = (lines[1:], lines[:500] + lines[501:502] + lines[501:], lines[:900])
        foreign = [(self.write(f"text{i}", b"".join(text)), other) for i, text in enumerate(others)]
        for file, store in (*foreign, (good, self.other("third.db"))):
            self.fails(2, "--cursor: is of the import of another", "import", file, *store, "--cursor",
                       cursor)
        self.assertEqual(self.rows("third.db"), [])
        self.assertEqual(self.rows("other.db"), there)
        self.ok("import", good, *other, "--cursor", cursor)
        self.assertEqual(self.rows("other.db"), self.rows())


class Damaged(TransferTest):
    def expect_damage(self, text, whole_blocks, words):
        self.tries = getattr(self, "tries", 0) + 1
        name = f"damaged-{self.tries}.db"
        options = self.other(name)
        result = self.run_command("import", self.write("damaged", text), *options)
        self.assertEqual((result.code, result.out), (1, ""), words)
        self.assertIn(words, result.err)
        self.assertNotIn(SECRET, result.err)
        self.assertEqual(len(self.rows(name)), min(whole_blocks * 1000, ROWS), words)

    def test_altered(self):
        lines = self.make().lines
        ends = [i for i, line in enumerate(lines) if line.startswith(b'{"block"')]

        def changed(at, old, new):
            self.assertIn(old, lines[at])
            return b"".join(lines[:at] + [lines[at].replace(old, new, 1)] + lines[at + 1:])

        checksum = "does not match its checksum"
        self.expect_damage(changed(0, b'"table":"c', b'"table":"C'), 0, checksum)
        self.expect_damage(changed(1, b"CARD#", b"CARC#"), 0, checksum)
        self.expect_damage(changed(ends[0] + 5, b"message", SECRET.encode()), 1, checksum)
        self.expect_damage(changed(ends[0], b'"sha256":"', b'"sha256":"0'), 0, "not of an export")
        self.expect_damage(changed(ends[1], b'"rows":2000', b'"rows":2001'), 1, checksum)
        self.expect_damage(changed(ends[2] + 1, b'"rows":2600', b'"rows":2601'), 3, "the end")
        # a line twice, one less, a block less, two blocks in another order, something at the end
        self.expect_damage(b"".join(lines[:9] + lines[8:]), 0, "has no end")
        self.expect_damage(b"".join(lines[:8] + lines[9:]), 0, checksum)
        self.expect_damage(b"".join(lines[:ends[0] + 1] + lines[ends[1] + 1:]), 1, checksum)
        self.expect_damage(b"".join(lines[:1] + lines[ends[0] + 1:ends[1] + 1] +
                                    lines[1:ends[0] + 1] + lines[ends[1] + 1:]), 0, checksum)
        self.expect_damage(b"".join(lines) + b"\n", 3, "goes on after the end")
        self.expect_damage(b"".join(lines[:3]) + b"nonsense\n" + b"".join(lines[3:]), 0,
                           "not of an export")
        self.expect_damage(lines[0].replace(b'"cruddur_export":1', b'"cruddur_export":2') +
                           b"".join(lines[1:]), 0, "version 2")

    def test_cut_short(self):
        export = self.make()
        whole = b"".join(export.lines)
        ends = [sum(map(len, export.lines[:end + 1])) for end in export.ends_of_blocks()]
        for size in (len(export.lines[0]), 1000, ends[0], ends[0] + 1, ends[1] - 1, ends[2],
                     len(whole) - 2):
            blocks = sum(size >= end for end in ends)
            is_end = size == len(whole) - 2
            self.expect_damage(whole[:size], blocks, "the end of" if is_end else "cut short")

    def test_no_export(self):
        for text in ("", "\n", "nonsense", "[]", "{}", '{"users": []}', "\0\0", '{"Keys": {}}\n',
                     '{"Metadata":{},"Keys":{"pk":{"S":"x"}},"NewImage":{}}\n'):
            self.expect_damage(text.encode(), 0, "no export")
        # valid JSON that is no row; a checksum does not save it
        for row in ('{"Item":{}}', '{"Item":{"pk":{"S":"a"}}}', '{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}',
                    '{"Item":{"pk":{"S":""},"sk":{"S":"a"}}}', '{"Item":[]}', '{"Item":{"pk":{"S":"a"}',
                    '{"Item":{"pk":{"S":"a"},"sk":{"S":"b"}},"x":1}'):
            self.expect_damage(row.encode(), 0, "row 1 of the export is not an item")


class OtherFormats(TransferTest):
    def test_same_rows(self):
        export = self.make()
        scan = export.as_scan()
        items = export.items()
        pages = b"".join(json.dumps({"Count": len(part), "Items": part}).encode()
                         for part in (items[:1000], items[1000:1000], items[1000:]))
        for name, text in (("scan", scan), ("pages", pages), ("s3", export.as_s3()),
                           ("scan.gz", transfer.packed(scan)),
                           ("s3.gz", transfer.packed(export.as_s3()) + transfer.packed(b"")),
                           ("export.gz", transfer.packed(b"".join(export.lines)))):
            with self.subTest(name):
                options = self.other(name + ".db")
                self.expect_counts(self.counts(self.write(name, text), *options), put=ROWS)
                self.assertEqual(self.rows(name + ".db"), self.rows())
                self.expect_counts(self.counts("-", *options, stdin=text), same=ROWS)

    def test_damaged(self):
        export = self.make(100)
        scan = export.as_scan()
        for text, words in ((scan[:-3], "in the middle of the scan"),
                            (scan[:5000], "in the middle of the scan"),
                            (scan.replace(b'"Count": 100', b'"Count": 101'), "says that it has 101"),
                            (scan.replace(b'"Items": [', b'"Items": ['+b'7,'), "not what `aws"),
                            (scan + b"[]", "not what `aws"),
                            (export.as_s3()[:5000], "is not an item"),
                            (transfer.packed(scan)[:500], "import: standard input: unexpected end"),
                            (transfer.packed(export.as_s3())[:-8], "unexpected end")):
            result = self.run_command("import", "-", *self.other(), stdin=text)
            self.assertEqual((result.code, result.out), (1, ""), words)
            self.assertIn(words, result.err)


class Arguments(TransferTest):
    def test_nonsense(self):
        self.make(100)
        self.fails(2, "FILE is missing", "export")
        self.fails(2, "FILE is missing", "import")
        self.fails(2, "not known", "export", "--replace", self.file)
        self.fails(2, "--workers", "import", "--workers", "65", self.file)
        self.fails(1, "No such file", "import", self.path("none"))
        self.fails(1, f"import: {self.folder}: Is a directory", "import", self.folder)
        self.fails(1, "No such file", "export", self.path("no/such/folder"))
        self.fails(1, "does not exist", "export", self.path("x"), "--store",
                   "sqlite:" + self.path("none.db"))
        self.assertFalse(os.path.exists(self.path("x")))
        self.fails(1, "does not exist", "import", self.file, "--store",
                   "sqlite:" + self.path("none.db"))
        self.fails(2, "--unused", "import", self.file, "--unused")

    def test_table_of_another_shape(self):
        self.make(100)
        other = self.other()
        with self.database() as connection:
            connection.execute("ATTACH ? AS other", (self.path("other.db"),))
            connection.execute("DROP INDEX other.message_uuid_index")
        self.fails(1, "message_uuid_index", "import", self.file, *other)
        self.assertEqual(self.rows("other.db"), [])

    def test_full_disk(self):
        self.make(100)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COMMAND, "export", "-"], stdout=full, stderr=subprocess.PIPE,
                                  check=False, cwd=self.folder, env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         b"cruddur export: standard output: No space left on device\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
