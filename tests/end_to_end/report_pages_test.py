"""Reports for people: what stands on their pages, in which letters, and how large they may be."""
import base64
import json
import re
import shutil
import struct
import subprocess
import unittest
import zlib

from project import Project, main
from service import INSTRUMENTED

PDF = """version: 1
name: Report
triggers: manual
actions:
  - id: written
    action: reports.pdf
    with:
      file: report.pdf
      title: ${{ event.title }}
      period: event.period
      brand: event.brand
      locale: ${{ event.locale }}
      sections: event.sections
  - action: reports.json
    with: {file: written.json, rows: "[written]"}
"""
ROWS = """version: 1
name: Rows
triggers: manual
actions:
  - action: reports.pdf
    with: {file: rows.pdf, title: Rows, rows: event.rows}
"""
HOSTILE = ["=SUM(A1:A9)", "<b>bold</b> &amp; <span size='90000'>", "/F1 12 Tf (x) Tj ET endstream", "a) (b \\", "%%EOF", "Zoe\u0308 E\u0301te\u0301"]
ARABIC, JAPANESE = "قائمة بريدية", "東京のお客様"


def png(width, height):
    """A picture of one colour."""
    def part(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = (b"\0" + bytes((31, 120, 80)) * width) * height
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def installed(*programs):
    return all(shutil.which(name) for name in programs)


def font_for(language):
    """Whether a font here has the letters of that language."""
    return installed("fc-list") and subprocess.run(["fc-list", f":lang={language}", "family"], capture_output=True, text=True, check=True).stdout.strip() != ""


class Pages(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        self.project.write("workflows/report.yaml", PDF)
        self.project.write("workflows/rows.yaml", ROWS)
        self.output = self.project.folder / "output"

    def write(self, sections, locale="en-GB", brand=None, title="The week"):
        event = {"title": title, "locale": locale, "brand": brand or {"name": "Harbour Coffee", "colour": "#1f4b7d"},
                 "period": {"from": "2026-09-14", "to": "2026-09-20"}, "sections": sections}
        self.project.write("event.json", json.dumps(event))
        self.project.json("run", "report", "--live", "--event", "event.json", "--as-of", "2026-09-21T06:00:00Z")
        return self.output / "report.pdf"

    def told_of(self, command, file):
        done = subprocess.run([*command, file, *(["-"] if command[0] == "pdftotext" else [])], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def text(self, file, *options):
        return self.told_of(["pdftotext", *options], file)

    @unittest.skipUnless(installed("pdftotext", "pdffonts", "pdfinfo", "qpdf"), "needs the packages poppler-utils and qpdf")
    def test_a_report_has_its_figures_as_the_reader_writes_them_and_its_fonts_within(self):
        sections = [
            {"heading": "In short", "figures": {"likes": 1234567, "rate": 0.0534}, "before": {"likes": 1000000}, "shares": ["rate"], "run": "01RUN"},
            {"heading": "Day by day", "total": {"likes": 4321.5}, "columns": {"Day": "date", "Likes": "likes"},
             "rows": [{"date": "2026-09-19", "likes": 1111.25, "run": "01A"}, {"date": "2026-09-20", "likes": -3210.25, "run": "01B"}]},
            {"heading": "Tags", "rows": [{"name": "VIP", "contacts": 98765}], "chart": "bars", "along": "name", "of": "contacts"}]
        expected = {
            "en-GB": ("14 September 2026 to 20 September 2026", "1,234,567", "+23.5%", "5.34%", "19/09/2026", "1,111.25", "−3,210.25", "4,321.50", "98,765", "Page 2"),
            "en-US": ("September 14, 2026", "1,234,567", "+23.5%", "5.34%", "09/19/2026", "1,111.25", "−3,210.25", "4,321.50", "98,765", "Page 2"),
            "de-DE": ("14. September 2026 bis 20. September 2026", "1.234.567", "+23,5 %", "5,34 %", "19.09.2026", "1.111,25", "−3.210,25", "4.321,50", "98.765", "Seite 2"),
            "fr-FR": ("14 septembre 2026", "1 234 567", "+23,5 %", "5,34 %", "19/09/2026", "1 111,25", "−3 210,25", "4 321,50", "98 765", "Page 2"),
            "es-ES": ("14 de septiembre de 2026", "1.234.567", "+23,5 %", "5,34 %", "19/09/2026", "1111,25", "−3210,25", "4321,50", "98.765", "Página 2")}
        for locale, words in expected.items():
            with self.subTest(locale):
                file = self.write(sections, locale)
                text = re.sub("[\u00a0\u202f]", " ", self.text(file, "-layout"))
                for word in (*words, "The week", "Harbour Coffee", "In short", "Likes", "VIP", "[1]", "01RUN", "01A", "01B"):
                    self.assertIn(word, text)
                self.told_of(["qpdf", "--check"], file)
                for font in self.told_of(["pdffonts"], file).splitlines()[2:]:
                    self.assertRegex(font, r" yes yes yes +\d+ +\d+$")  # embedded, of it what is used, with the letters that it stands for
                facts = self.told_of(["pdfinfo"], file)
                self.assertRegex(facts, r"Tagged: +yes")
                self.assertIn(f"Page size:       {'612 x 792' if locale == 'en-US' else '595.28 x 841.89'} pts", facts)

    def test_the_same_input_gives_the_same_bytes(self):
        sections = [{"heading": "h", "figures": {"a": 1}, "run": "01RUN"}, {"rows": [{"a": 1}, {"a": 2}], "chart": "lines", "along": "a", "of": "a"}]
        first = self.write(sections).read_bytes()
        self.assertEqual(self.write(sections).read_bytes(), first)

    @unittest.skipUnless(installed("pdftotext", "qpdf"), "needs the packages poppler-utils and qpdf")
    def test_names_are_text_whatever_they_look_like(self):
        rows = [{"name": name, "contacts": number} for number, name in enumerate(HOSTILE)]
        file = self.write([{"heading": HOSTILE[2], "rows": rows}, {"rows": rows, "chart": "bars", "along": "name", "of": "contacts"}], title=HOSTILE[1],
                          brand={"name": HOSTILE[3], "colour": "#ffd23d"})
        self.told_of(["qpdf", "--check"], file)
        text = self.text(file, "-layout")
        for name in HOSTILE[:-1]:
            self.assertIn(name, text)
        self.assertRegex(text, "Zo(ë|e\u0308) (É|E\u0301)t(é|e\u0301)")

    @unittest.skipUnless(installed("pdftotext"), "needs the package poppler-utils")
    def test_no_number_and_no_mark_of_a_table_is_broken_and_no_time_of_a_chart_is_cut(self):
        words = "word " * 40
        rows = [{"n": n, "rate": rate, "words": words, "more": words, "run": f"01RUN{number}"}
                for number, (n, rate) in enumerate(((1234567, 1), (0.123456789, 0.1234567), (-1234567, -1)))]
        times = [{"at": f"2026-10-24T2{hour}:00:00Z", "visits": hour} for hour in range(4)]
        self.project.write("millrace.yaml", "version: 1\ntimezone: Europe/Berlin\n")
        file = self.write([{"rows": rows, "shares": ["rate"]}, {"rows": times, "chart": "lines", "along": "at", "of": "visits"}], "de-DE")
        text = re.sub("[\u00a0\u202f]", " ", self.text(file, "-layout"))
        for whole in ("1.234.567,000000", "−1.234.567,000000", "0,123457", "100,00 %", "−100,00 %", "12,35 %", "Lauf", "[3]", "24.10.2026 22:00", "25.10.2026 01:00"):
            self.assertIn(whole, text)

    @unittest.skipUnless(installed("pdftotext") and font_for("ar") and font_for("ja"), "needs poppler-utils and fonts for Arabic and Japanese (fonts-noto-core, fonts-noto-cjk)")
    def test_arabic_and_japanese_names_stand_there_as_they_are_written(self):
        file = self.write([{"heading": JAPANESE, "rows": [{"name": ARABIC, "n": 1}, {"name": JAPANESE, "n": 2}]}], title=f"Report: {ARABIC}")
        text = self.text(file)
        self.assertIn(JAPANESE, text)
        self.assertIn(ARABIC, text)
        self.assertEqual(json.loads((self.output / "written.json").read_text())[0]["warnings"], [])

    def test_a_logo_stands_on_the_cover_and_what_is_none_is_refused(self):
        self.project.write("workflows/page.yaml", PDF.replace("pdf", "html"))
        logo = base64.b64encode(png(120, 40)).decode()
        file = self.write([], brand={"name": "Acme", "logo": logo})
        if installed("pdfimages"):
            self.assertRegex(self.told_of(["pdfimages", "-list"], file), r"\n +1 +0 image +120 +40 +rgb ")
        self.project.json("run", "page", "--live", "--event", "event.json")
        self.assertIn(f'src="data:image/png;base64,{logo}"', (self.output / "report.html").read_text())
        for wrong, words in ((base64.b64encode(b"GIF89a" * 9).decode(), "this is no PNG"), ("%%%", "this is no PNG"), ("aGVsbG8=", "this is no PNG"),
                             (base64.b64encode(png(2001, 1)).decode(), "larger than 2000 by 2000"), (base64.b64encode(png(120, 40)[:-30]).decode(), "the PNG is broken")):
            self.project.write("event.json", (self.project.folder / "event.json").read_text().replace(logo, wrong))
            failed = self.project.json("run", "report", "--live", "--event", "event.json", expect=1)
            self.assertIn(words, failed["runs"][0]["error"]["message"])
            logo = wrong

    def test_letters_that_no_font_has_are_told(self):
        self.write([{"text": "\ue000"}])
        warnings = json.loads((self.output / "written.json").read_text())[0]["warnings"]
        self.assertEqual(len(warnings), 1)
        self.assertIn("no font here has", warnings[0])

    def test_without_a_font_a_report_says_which_package_has_one(self):
        (self.project.folder / "fonts.conf").write_text("<fontconfig><dir>/nowhere</dir></fontconfig>")
        self.project.write("event.json", json.dumps({"rows": [{"a": 1}]}))
        failed = self.project.json("run", "rows", "--live", "--event", "event.json", expect=1,
                                   environment={"FONTCONFIG_FILE": str(self.project.folder / "fonts.conf")})
        self.assertIn("install the package fonts-dejavu-core", failed["runs"][0]["error"]["message"])

    def test_where_pango_is_not_there_a_pdf_says_which_package_it_is_in_and_a_table_is_written(self):
        (self.project.folder / "libpangocairo-1.0.so.0").write_text("no library")
        self.project.write("event.json", json.dumps({"rows": [{"a": 1}]}))
        without = {"LD_LIBRARY_PATH": str(self.project.folder)}
        failed = self.project.json("run", "rows", "--live", "--event", "event.json", expect=1, environment=without)
        self.assertIn("install the package libpangocairo-1.0-0", failed["runs"][0]["error"]["message"])
        self.project.write("workflows/rows.yaml", ROWS.replace("pdf", "csv").replace("title: Rows, ", ""))
        self.project.json("run", "rows", "--live", "--event", "event.json", environment=without)
        self.assertEqual((self.output / "rows.csv").read_text(), "a\n1\n")

    @unittest.skipUnless(installed("pdftotext", "qpdf"), "needs the packages poppler-utils and qpdf")
    def test_a_hundred_thousand_rows_stand_on_their_pages_each_with_its_head(self):
        rows = [{"name": f"tag {number}", "contacts": number * 3, "share": number / 8} for number in range(100_000)]
        self.project.write("event.json", json.dumps({"rows": rows}))
        self.project.json("run", "rows", "--live", "--event", "event.json")
        file = self.output / "rows.pdf"
        self.told_of(["qpdf", "--check"], file)
        text = self.text(file)
        self.assertEqual(len(set(re.findall(r"^tag \d+$", text, re.MULTILINE))), 100_000)
        self.assertEqual(text.count("Contacts"), len(re.findall(r"^Page \d+$", text, re.MULTILINE)))
        self.assertIn("12,499.875", text)

    @unittest.skipIf(INSTRUMENTED, "sanitizers have memory of their own")
    def test_a_hundred_thousand_rows_are_drawn_as_they_are_read_and_not_kept(self):
        rows = [{"name": f"tag {number}", "contacts": number * 3, "share": number / 8} for number in range(100_000)]
        self.project.write("event.json", json.dumps({"rows": rows}))
        self.project.write("workflows/table.yaml", ROWS.replace("pdf", "csv").replace("title: Rows, ", ""))
        (table, _), (pages, _) = (self.project.peak_of("run", workflow, "--live", "--event", "event.json") for workflow in ("table", "rows"))
        self.assertLess(pages - table, 100)


if __name__ == "__main__":
    main()
