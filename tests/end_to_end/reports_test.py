"""Reports as files: where they may lie, what may stand in them, and how large they may be."""
import csv
import datetime
import json
import unittest

from project import Project, main
from service import INSTRUMENTED

WORKFLOW = """version: 1
name: Report
triggers: manual
actions:
  - action: reports.%s
    with:
      rows: event.rows
      file: %s
%s"""


class Reports(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def write(self, kind, rows, file, more="", expect=0):
        self.project.write("workflows/report.yaml", WORKFLOW % (kind, file, more))
        self.project.write("event.json", json.dumps({"rows": rows}))
        return self.project.json("run", "report", "--live", "--event", "event.json", expect=expect)

    def content(self, file):
        return (self.project.folder / "output" / file).read_bytes().decode()

    def test_a_report_cannot_leave_its_folder(self):
        for name in ("../out.csv", "/tmp/millrace-out.csv", "a/../../out.csv", "a//b.csv"):
            for kind in ("csv", "html", "json"):
                failed = self.write(kind, [{"a": 1}], name, expect=1)
                self.assertIn("cannot write file", failed["runs"][0]["error"]["message"])
                self.assertEqual(failed["writes"], 0)
        self.assertFalse((self.project.folder / "out.csv").exists())
        self.assertFalse((self.project.folder.parent / "out.csv").exists())

    def test_what_is_written_can_be_read_back(self):
        rows = [{"name": "=HYPERLINK(\"http://x\")", "note": "<script>alert(1)</script>", "likes": -3, "on": True, "of": {"id": 1.5}},
                {"name": "Été, \"ü\"\nline", "note": None, "likes": 12345678901234567, "on": False, "of": {"id": 0.1}}]
        self.write("csv", rows, "a/b.csv")
        table = list(csv.reader(self.content("a/b.csv").splitlines(keepends=True)))
        self.assertEqual(table, [["name", "note", "likes", "on", "of.id"],
                                 ["'=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "-3", "true", "1.5"],
                                 ["Été, \"ü\"\nline", "", "12345678901234567", "false", "0.1"]])
        self.write("json", rows, "rows.json")
        self.assertEqual(json.loads(self.content("rows.json")), rows)
        self.write("html", rows, "rows.html", "      title: ${{ event.rows[0].note }}\n")
        page = self.content("rows.html")
        self.assertNotIn("<script", page)
        self.assertIn("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>", page)

    def test_columns_are_chosen_and_named(self):
        columns = "      columns:\n        Name: item.name\n        Double: item.likes * 2\n        Id: item.of.id\n"
        self.write("csv", [{"name": "x", "likes": 2, "of": {"id": 7}}, {"name": "y", "likes": 3, "of": {}}], "c.csv", columns)
        self.assertEqual(self.content("c.csv"), "Name,Double,Id\r\nx,4,7\r\ny,6,\r\n")
        self.write("csv", [], "none.csv", columns)
        self.assertEqual(self.content("none.csv"), "Name,Double,Id\r\n")

    def test_times_are_those_of_the_projects_clocks_and_a_location_has_its_name(self):
        rows = [{"at": "2026-03-29T00:30:00Z"}]
        self.project.write("workflows/report.yaml", WORKFLOW % ("html", "page.html", "      location_id: loc_main\n"))
        self.project.write("event.json", json.dumps({"rows": rows}))
        tokyo = {"MILLRACE_TIMEZONE": "Asia/Tokyo"}
        done = self.project.millrace("run", "report", "--live", "--event", "event.json", environment=tokyo)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = self.content("page.html")
        self.assertIn("<td>2026-03-29 09:30:00</td>", page)
        self.assertRegex(page, r"Made \d{4}-\d\d-\d\d \d\d:\d\d Asia/Tokyo · Main Street</p>")
        run = self.project.json("runs", "list")["runs"][0]
        local = datetime.datetime.fromisoformat(run["started"].replace("Z", "+00:00")) + datetime.timedelta(hours=9)
        for verb in (("list",), ("show", run["id"])):
            said = self.project.millrace("runs", *verb, environment=tokyo).stdout
            self.assertIn(local.strftime("%Y-%m-%dT%H:%M:%S+09:00"), said)
            self.assertNotIn("Z\n", said)
        self.assertIn("+09:00", self.project.millrace("why", "report", environment=tokyo).stdout)

    def test_a_hundred_thousand_rows_stand_in_the_file(self):
        rows = [{"id": number, "name": f"tag {number}", "a": number * 3, "b": number / 8, "c": "text", "d": True, "e": None, "f": "x" * 9}
                for number in range(100_000)]
        self.write("csv", rows, "large.csv")
        table = list(csv.reader(self.content("large.csv").splitlines(keepends=True)))
        self.assertEqual(len(table), 100_001)
        self.assertEqual(table[-1], ["99999", "tag 99999", "299997", "12499.875", "text", "true", "", "x" * 9])

    @unittest.skipIf(INSTRUMENTED, "sanitizers have memory of their own")
    def test_a_hundred_thousand_rows_take_less_than_a_hundred_mib_in_every_form(self):
        rows = [{"date": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}", "location_id": "loc_main", "platform": "facebook", "posts": number % 9,
                 "impressions": number * 7, "likes": number % 97, "comments": number % 7, "followers": 9000 + number} for number in range(100_000)]
        self.project.write("event.json", json.dumps({"rows": rows}))
        for kind in ("csv", "html", "json"):
            self.project.write(f"workflows/{kind}.yaml", WORKFLOW % (kind, f"report.{kind}", ""))
            peak, _ = self.project.peak_of("run", kind, "--live", "--event", "event.json")
            self.assertLess(peak, 100, kind)


if __name__ == "__main__":
    main()
