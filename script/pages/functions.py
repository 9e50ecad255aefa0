"""docs/reference/functions.md: what expressions can call."""
from pages import text


def pages(asked):
    listed = asked("catalog", "functions", "--json")["functions"]
    page = ["# Functions of expressions", "",
            "What can be called between `${{` and `}}`, and wherever a key holds an expression. Each line below a function is true: what stands left of",
            "`=>` is equal to what stands right of it, and a test evaluates them all. `millrace catalog functions` prints the same,",
            "`millrace eval` evaluates what you type. [Workflows](../workflows.md#expressions) says which of them does what you want to do.",
            "This page is made by `script/docs`.", ""]
    for heading, ours in (("# Of CEL", False), ("# Beside CEL", True)):
        page += [heading, ""]
        entries = {}
        for entry in listed:
            if entry["extension"] == ours:
                entries.setdefault(entry["name"], []).append(entry)
        for name in sorted(entries, key=lambda each: (each.lower(), each)):
            page += [f"## {name}", ""]
            for entry in entries[name]:
                page += [f"{text.code(entry['signature'])}: {text.prose(text.sentence(entry['summary']))}", ""]
            page += [*text.fenced([line for entry in entries[name] for line in entry["example"].split("\n")], "cel"), ""]
    return {"reference/functions.md": page[:-1]}
