"""Runs the connector's operations through the real program against the address in MILLRACE_CONTRACT_URL.

    tests/contract/prism DOCUMENTS -- python3 tests/contract/engine_jobs.py

The same jobs as a user runs them: the tag sync (create, rename, nothing), and every other operation of the `highlevel` connector.
"""
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from project import Project, tag_event  # noqa: E402

EVERY_OPERATION = """version: 1
name: Every operation
triggers:
  - manual
locations: [loc_main]
actions:
  - {id: all, action: highlevel.location_tags.list}
  - {id: one, action: highlevel.location_tags.get, with: {tag_id: "${{ all.tags[0].id }}"}}
  - {id: made, action: highlevel.location_tags.create, with: {name: made here}}
  - {action: highlevel.location_tags.update, with: {tag_id: "${{ made.tag.id }}", name: renamed here}}
  - {action: highlevel.location_tags.delete, with: {tag_id: "${{ made.tag.id }}"}}
  - {id: social, action: highlevel.social_tags.list, with: {limit: "2", skip: "1"}}
  - {action: highlevel.social_tags.get_many, with: {tag_ids: "social.results.tags.map(tag, tag._id)"}}
"""


def main():
    project = Project(os.environ["MILLRACE_CONTRACT_URL"])
    try:
        project.write("workflows/every.yaml", EVERY_OPERATION)
        expected = [(tag_event("contract tag"), 1), (tag_event("contract tag, renamed", change="updated"), 1),
                    (tag_event("contract tag, renamed"), 0)]
        for event, changes in expected:
            project.json("plan", "sync-tags", "--event", "-", stdin=event)
            done = project.json("run", "sync-tags", "--live", "--event", "-", stdin=event)
            assert len(done["changes"]) == changes, json.dumps(done, indent=1)
        project.json("plan", "every")
        assert project.json("run", "every", "--live")["writes"] == 3
    finally:
        project.close()


main()
