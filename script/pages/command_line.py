"""docs/reference/command-line.md: what each verb takes, as its --help says it, and what the program exits with."""
import re

from pages import text

VERB = re.compile(r"^  ([a-z][a-z-]*)(?: {2,}.*)?$")


def below(helped):
    """The verbs that a help text lists."""
    parts = re.split(r"(?im)^subcommands:$", helped)
    return [found[1] for line in parts[1].splitlines() if (found := VERB.match(line))] if len(parts) > 1 else []


def verbs(told, path=()):
    helped = told("help", *path).strip("\n")
    yield path, helped
    for verb in below(helped):
        yield from verbs(told, (*path, verb))


def exits(top):
    """The codes of cli.hpp with what each means."""
    header = (top / "engine" / "cli" / "cli.hpp").read_text(encoding="utf-8")
    return re.findall(r"exit_\w+ = (\d+),\s*///< ([^\n]*)", header)


def pages(told, top):
    page = ["# The command line", "", "What `millrace help VERB` prints, for every verb. `-C DIR` stands in front of the verb; `--json` gives one JSON document on stdout and nothing else.",
            "This page is made by `script/docs`.", "", "# Exit codes", "",
            *text.table(("code", "what it says"), [[code, text.prose(words)] for code, words in exits(top)]), "", "# Verbs", ""]
    for path, helped in verbs(told):
        page += ["## " + " ".join(("millrace", *path)), "", *text.fenced([line.rstrip() for line in helped.splitlines()], "text"), ""]
    return {"reference/command-line.md": page[:-1]}
