"""Runs the connector's operations through the real program against the address in MILLRACE_CONTRACT_URL.

    tests/contract/prism DOCUMENTS -- python3 tests/contract/engine_jobs.py

The same jobs as a user runs them: the tag sync (create, rename, nothing), every operation of the `highlevel` connector, and each
sample workflow, planned and then live.
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
  - id: found
    action: highlevel.contacts.search
    with:
      page_limit: 2
      filters: "[{'field': 'tags', 'operator': 'exists'}]"
      sort: "[{'field': 'dateAdded', 'direction': 'asc'}]"
  - id: further
    action: highlevel.contacts.search
    with:
      page_limit: 2
      search_after: found.contacts[1].searchAfter
      sort: "[{'field': 'dateAdded', 'direction': 'asc'}]"
  - {action: highlevel.contacts.search, with: {page: 2, query: a}}
  - {action: highlevel.contacts.get, with: {contact_id: "${{ further.contacts[0].id }}"}}
  - {action: highlevel.contact_tags.add, with: {contact_id: "${{ found.contacts[0].id }}", tags: [made here]}}
  - {action: highlevel.contact_tags.remove, with: {contact_id: "${{ found.contacts[0].id }}", tags: [made here]}}
  - {id: accounts, action: highlevel.social_accounts.list}
  - {action: highlevel.social_posts.list, with: {from_date: "${{ days_ago(30) }}", to_date: "${{ now }}"}}
  - {action: highlevel.social_posts.list, with: {from_date: 2026-01-01T00:00:00Z, to_date: "${{ now }}", skip: 1, limit: 2, include_users: false, type: published}}
  - id: week
    action: highlevel.social_statistics.get
    with:
      profile_ids: accounts.results.accounts.map(account, account.profileId)
      platforms: [facebook, instagram]
  - id: range
    action: highlevel.social_statistics.get_range
    with:
      profile_ids: accounts.results.accounts.map(account, account.profileId)
      current_range: {startDate: 2026-02-01T00:00:00.000Z, endDate: 2026-02-03T23:59:59.999Z}
      prev_range: {startDate: 2026-01-29T00:00:00.000Z, endDate: 2026-01-31T23:59:59.999Z}
  - action: files.write
    with: {file: figures.txt, text: "${{ size(week.results.postPerformance.likes) }} ${{ size(range.results.postPerformance.likes) }}"}
"""


def main():
    project = Project(os.environ["MILLRACE_CONTRACT_URL"])
    try:
        samples = sorted(path.stem for path in (project.folder / "workflows").glob("*.yaml") if not path.name.endswith(".test.yaml"))
        project.write("workflows/every.yaml", EVERY_OPERATION)
        expected = [(tag_event("contract tag"), 1), (tag_event("contract tag, renamed", change="updated"), 1),
                    (tag_event("contract tag, renamed"), 0)]
        for event, changes in expected:
            project.json("plan", "sync-tags", "--event", "-", stdin=event)
            done = project.json("run", "sync-tags", "--live", "--event", "-", stdin=event)
            assert len(done["changes"]) == changes, json.dumps(done, indent=1)
        project.json("plan", "every")
        done = project.json("run", "every", "--live")
        assert done["writes"] == 6, json.dumps(done, indent=1)
        figures = (project.folder / "output" / "figures.txt").read_text()
        assert figures == "7 3", f"days of a week and of a range: {figures}"
        for sample in samples:
            project.json("plan", sample)
            project.json("run", sample, "--live")
    finally:
        project.close()


main()
