"""What `millrace fmt` does with the files of a project; how it lays one out is tried in tests/yaml."""
import json
import shutil
import subprocess

from init_test import Begun
from project import main, program

ODD = "version: 1\r\nname: Odd\r\ntriggers:\r\n- manual   \r\n\r\n\r\nactions:\r\n-   action: files.write   # it writes\r\n    with: {file: a.txt, text: hi}\r\n"
LAID = "version: 1\nname: Odd\ntriggers:\n  - manual\n\nactions:\n  - action: files.write   # it writes\n    with: {file: a.txt, text: hi}\n"


class Fmt(Begun):
    def setUp(self):
        super().setUp()
        self.begin()
        self.file = self.folder / "workflows" / "odd.yaml"
        self.file.write_bytes(ODD.encode())

    def test_a_project_is_laid_out_and_says_which_files_were_not(self):
        done = self.millrace("fmt")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "workflows/odd.yaml was laid out\n"))
        self.assertEqual(self.file.read_bytes().decode(), LAID)
        again = self.millrace("fmt")
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_check_names_the_files_and_writes_nothing(self):
        done = self.millrace("fmt", "--check")
        self.assertEqual((done.returncode, done.stdout), (1, "workflows/odd.yaml\n"))
        self.assertEqual(self.file.read_bytes(), ODD.encode())
        self.assertEqual(self.millrace("fmt", "--check", "workflows/list-tags.yaml").returncode, 0)

    def test_what_diff_shows_is_what_patch_does(self):
        if shutil.which("patch") is None:
            self.skipTest("patch is not here")
        long = "version: 1\nname: Long\nvars:\n" + "".join(f"  a{at}: {at}\n" + ("   \n\n" if at % 9 == 0 else "") for at in range(60)) + "triggers:\n- manual\nactions:\n-   set: {a: 1}"
        for text in (ODD.replace("\r", ""), long, "\ufeff" + long, long + "\n\n\n"):
            self.file.write_bytes(text.encode())
            diff = subprocess.run([program, "fmt", "--diff", "workflows/odd.yaml"], cwd=self.folder, capture_output=True, timeout=30, check=True).stdout
            self.assertEqual(self.file.read_bytes(), text.encode())
            patched = subprocess.run(["patch", "--binary", "-p0"], input=diff, cwd=self.folder, capture_output=True, timeout=30, check=False)
            self.assertEqual(patched.returncode, 0, patched.stdout + diff)
            self.assertEqual(self.file.read_bytes().decode(), self.millrace("fmt", "-", stdin=text).stdout)

    def test_programs_read_which_files_change_and_how(self):
        told = json.loads(self.millrace("fmt", "--diff", "--json").stdout)
        self.assertEqual((told["files"], told["changed"]), (4, ["workflows/odd.yaml"]))
        self.assertIn("+  - manual\n", told["diff"])
        self.assertIsNone(json.loads(self.millrace("fmt", "--check", "--json").stdout)["diff"])

    def test_stdin_comes_out_on_stdout(self):
        done = self.millrace("fmt", "-", stdin="a:\n- 1\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "a:\n  - 1\n", ""))
        self.assertEqual(self.millrace("fmt", "--check", "-", stdin="a:\n- 1\n").returncode, 1)
        self.assertEqual(self.millrace("fmt", "--check", "-", stdin="a:\n  - 1\n").returncode, 0)

    def test_a_file_that_cannot_be_read_is_left_alone_and_the_others_are_laid_out(self):
        broken = self.folder / "workflows" / "broken.yaml"
        for text in ("a: [1\n", "\ta: 1\n", "a: 1\na: 2\n", ""):
            broken.write_text(text)
            self.file.write_bytes(ODD.encode())
            done = self.millrace("fmt")
            self.assertEqual(done.returncode, 1)
            self.assertIn("workflows/broken.yaml", done.stderr)
            self.assertEqual(broken.read_text(), text)
            self.assertEqual(self.file.read_bytes().decode(), LAID)
        self.assertEqual(self.millrace("fmt", "no-such.yaml").returncode, 1)

    def test_folders_stand_for_the_files_in_them_tests_too_and_permissions_stay(self):
        test = self.folder / "workflows" / "deep" / "odd.test.yaml"
        test.parent.mkdir()
        test.write_text("version: 1\ntests:\n- name: x\n")
        test.chmod(0o640)
        self.assertEqual(self.millrace("fmt", "workflows").returncode, 0)
        self.assertEqual(test.read_text(), "version: 1\ntests:\n  - name: x\n")
        self.assertEqual(test.stat().st_mode & 0o777, 0o640)

    def test_where_a_link_leads_to_a_file_that_file_is_laid_out(self):
        real = self.folder / "real.yaml"
        self.file.rename(real)
        self.file.symlink_to(real)
        self.assertEqual(self.millrace("fmt").returncode, 0)
        self.assertTrue(self.file.is_symlink())
        self.assertEqual(real.read_bytes().decode(), LAID)

    def test_the_same_workflow_plans_the_same_afterwards(self):
        before = self.millrace("plan", "odd").stdout
        self.millrace("fmt")
        self.assertEqual(self.millrace("plan", "odd").stdout, before)
        self.assertIn("write file a.txt", before)

    def test_without_a_project_there_is_nothing_to_lay_out(self):
        (self.folder / "empty").mkdir()
        self.assertEqual(self.millrace("-C", "empty", "fmt").returncode, 3)


if __name__ == "__main__":
    main()
