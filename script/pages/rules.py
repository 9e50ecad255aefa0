"""docs/rules.md: what `millrace check` finds."""


def lines(text, words):
    """An example as it stands in a file; what is told in words is no YAML."""
    return ["```" if words else "```yaml", *text.split("\n"), "```"]


def pages(asked):
    page = ["# Rules", "",
            "What `millrace check` finds has a rule, whose name stands in brackets behind the message. `millrace check --explain RULE` shows",
            "one of them, `--explain` alone all. This page is made of the same by `script/docs`.", ""]
    explained = asked("check", "--explain", "--json")["rules"]
    for rule in explained:
        if rule["example"] == "openapi" and "# In OpenAPI documents" not in page:
            page += ["# In OpenAPI documents", "", "What `millrace plugin import-openapi` finds.", ""]
        words = rule["example"] == "words"
        page += [f"## {rule['name']}", "", f"{rule['sentence']} {rule['why']}", "", "Wrong:", "", *lines(rule["wrong"], words), "",
                 "Right:", "", *lines(rule["right"], words), ""]
    return {"rules.md": page[:-1]}
