"""docs/reference/README.md: what there is to look up."""
from pages import plugins, text


def pages(top):
    page = ["# Reference", "", "What there is to look up; [the guides](../README.md#guides) tell how to use it. These pages are made by `script/docs` of what the program itself",
            "reads, so they say what it does.", "",
            *text.table(("page", "what it has"), [
                ["[The format of files](format.md)", "each key of a workflow, of `millrace.yaml` and of tests"],
                ["[Functions of expressions](functions.md)", "what can be called, with examples"],
                ["[Rules](../rules.md)", "what `check` finds, with a wrong line and the right one"],
                ["[The command line](command-line.md)", "each verb, and what the program exits with"],
                ["[The HTTP API](http.md)", "all that the service answers"],
                ["[The manifest of a plugin](manifest.md)", "each key of a manifest"]]), "",
            "# Plugins", "", *text.table(("plugin", "what it does"), [
                [f"[{name}](plugins/{name}.md)", text.prose(text.sentence(manifest["summary"]))] for manifests in plugins.shipped(top).values() for name, manifest in manifests.items()])]
    return {"reference/README.md": page}
