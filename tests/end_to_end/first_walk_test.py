"""A newcomer's walk with nothing but what the program says: from an empty folder to a workflow and a plugin of their own."""
import json
import os
import re
import subprocess

from init_test import Begun
from project import build, main


class FirstWalk(Begun):
    def says(self, command, code=0, folder="shop", stdin=None):
        """What a command prints, typed in the project's folder."""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder / folder, input=stdin, capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "PATH": f"{build}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, code, command + "\n" + done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_from_an_empty_folder_to_a_workflow_that_ran_was_tested_and_is_ones_own(self):
        begin = re.search(r"millrace init \S+", self.says("millrace", folder="."))[0].replace("my-project", "shop")
        self.says(begin, folder=".")
        self.use_sandbox(self.folder / "shop")

        self.assertIn("list-tags", self.says("millrace"))
        self.says("millrace check")
        self.assertIn("1 change would be made", self.says("millrace plan list-tags --location loc_main"))
        self.assertIn("done: 1 change", self.says("millrace run list-tags --live --location loc_main"))
        self.assertIn("Last run: list-tags completed", self.says("millrace"))
        self.says("millrace test")

        # Another column, a mistake in it, and the cure as it is told.
        file = self.folder / "shop" / "workflows" / "list-tags.yaml"
        file.write_text(file.read_text() + "        Location: itm.locationId\n")
        self.assertIn('did you mean "item"?', self.says("millrace check", code=1))
        self.says("millrace check --fix")
        self.assertIn("Location: item.locationId", file.read_text())
        self.says("millrace test")
        self.says("millrace run list-tags --live --location loc_main")
        self.assertIn("Location", (self.folder / "shop" / "output" / "tags-loc_main.csv").read_text(encoding="utf-8-sig"))

        # A workflow out of a template, typed into by hand, and laid out.
        self.assertIn("webhook-to-slack", self.says("millrace new --list"))
        told = self.says("millrace new orders --template webhook-to-slack --yes --set hook=orders")
        for command in re.findall(r"(?m)^  (millrace .*)$", told):
            self.says(command, stdin="https://hooks.slack.com/services/T/B/X" if " secret set " in command else None)
        orders = self.folder / "shop" / "workflows" / "orders.yaml"
        laid = orders.read_text()
        orders.write_text(laid.replace("  - action:", "  -   action:").replace("    with:\n", "      with:\n").replace("      preset:", "           preset:").replace(
            "      url:", "           url:").replace("      title:", "           title:").replace("      text:", "           text:"))
        self.assertIn("workflows/orders.yaml", self.says("millrace fmt --check", code=1))
        self.says("millrace fmt")
        self.assertEqual(orders.read_text(), laid)
        self.says("millrace check")

        # A plugin without code.
        self.says("millrace plugin new weather")
        self.says("millrace plugin check weather")
        self.assertIn("weather.things.list", [entry["name"] for entry in json.loads(self.says("millrace catalog --json"))["entries"]])
        self.assertIn("2 workflows (list-tags, orders)", self.says("millrace"))


if __name__ == "__main__":
    main()
