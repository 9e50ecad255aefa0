"""Plugins that came with Millrace: each manifest is read when something of it is used, and by a service when it begins."""
import pathlib
import shutil
import tempfile

from project import build, main
from service import Service, ServiceTest, wait_until

KEEPS = """  - id: kept
    action: list.filter
    with: {items: [1, 2, 3], where: item > 1}
"""
WRITES = """  - action: files.write
    with: {file: kept.txt, text: kept}
"""


class OfItsOwn(Service):
    """With a copy of the program and of its plugins, which may be broken."""

    def __init__(self):
        super().__init__()
        self.installed = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        for name in ("millrace", "millrace-plugin"):
            shutil.copy2(build / name, self.installed)
        shutil.copytree(build / "plugins", self.installed / "plugins", ignore=shutil.ignore_patterns("*.p"))
        self.program = self.installed / "millrace"

    def close(self):
        super().close()
        shutil.rmtree(self.installed)

    def spoil(self, plugin):
        (self.installed / "plugins" / plugin / f"{plugin}.json").write_text('{"manifest": 1')


class ShippedPlugins(ServiceTest):
    def setUp(self):
        self.service = OfItsOwn()
        self.addCleanup(self.service.close)

    def test_a_broken_manifest_is_told_by_what_uses_it_and_by_what_looks_at_all(self):
        self.service.spoil("list")
        self.service.workflow("writes", WRITES)
        for arguments in (("plan", "writes"), ("check",)):
            done = self.service.millrace(*arguments)
            self.assertEqual((arguments, done.returncode, done.stderr), (arguments, 0, ""))
        self.service.workflow("keeps", KEEPS)
        done = self.service.millrace("plan", "keeps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("[broken-plugin]", done.stderr)
        self.assertIn("list/list.json", done.stderr)
        for arguments in (("check",), ("doctor",), ("plugin", "check"), ("plugin", "list")):
            done = self.service.millrace(*arguments)
            self.assertIn("list/list.json", done.stdout + done.stderr, arguments)
            self.assertNotEqual((arguments, done.returncode), (("check",), 0))

    def test_a_service_works_with_what_lay_there_when_it_began(self):
        self.service.workflow("writes", WRITES)
        self.service.start()
        for plugin in ("list", "memory", "statistics"):
            self.service.spoil(plugin)
        self.service.workflow("keeps", KEEPS)
        wait_until(lambda: self.service.hook("keeps", b"{}").status == 202, 30, "the new workflow")
        wait_until(lambda: self.service.outcomes("keeps")["completed"] == 1, 30, "its run")

    def test_a_service_tells_at_its_start_what_is_broken(self):
        self.service.spoil("memory")
        self.service.start()
        self.assertIn("memory/memory.json", self.service.log())


main()
