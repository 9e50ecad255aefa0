"""docs/reference/format.md and manifest.md: each key of the files that people write, from schemas/."""
import json

from pages import text
from pages.shape import Shapes

HEADS = ("key", "holds", "needed", "unless said", "what it does", "example")


SPOKEN = {"earlier": "Earlier run"}


def spoken(definition):
    return SPOKEN.get(definition, definition.replace("_", " ").capitalize())


def has_section(shape):
    """Whether a definition is a mapping with keys of its own, in one of its forms."""
    return bool(shape.get("properties")) or any(isinstance(form, dict) and form.get("properties") for form in shape.get("anyOf", []))


def common_keys(definitions, forms):
    """The keys that nearly all of these forms have, and mean the same by: told once."""
    shapes = [definitions[form]["properties"] for form in forms]
    return {key: shape for key, shape in shapes[0].items() if sum(other.get(key) == shape for other in shapes) >= len(shapes) - 1 and len(shapes) > 2}


def section(page, heading, shape, shapes, without=()):
    whole = shapes.followed(shape)
    page += [heading, ""]
    if whole.get("description"):
        page += [text.prose(text.sentence(whole["description"])), ""]
    rows = shapes.rows(whole, without=without)
    for form in whole.get("anyOf", []):
        if "enum" in form:
            page += ["One word: " + ", ".join(text.code(each) for each in form["enum"]) + ", or a mapping:" if rows or has_section(whole) else "", ""]
        rows += shapes.rows(form)
    further = whole.get("additionalProperties")
    if isinstance(further, dict):
        rows.append(["any other name", shapes.type_of(further), "", "", "", ""])
    if rows:
        page += [*text.table(HEADS, rows), ""]
    example = whole.get("x-example")
    if isinstance(example, dict):
        page += [*text.fenced(text.yaml([example] if "step" in heading or "trigger" in heading else example), "yaml"), ""]


def file_page(page, document, title, of=""):
    """One kind of file: its keys, then a section for each form. `of`: tells its headings from those that are there."""
    definitions = document["definitions"]
    headings = {name: spoken(name) for name, shape in definitions.items() if has_section(shape)}
    headings = {name: heading + of if "## " + heading in page else heading for name, heading in headings.items()}
    headings.update({kind: f"Every {kind}" for kind, of_it in (("step", "action_step"), ("trigger", "manual_trigger")) if of_it in definitions})
    shapes = Shapes(document, headings)
    section(page, f"# {title}", document, shapes)
    for kind, every in (("_step", "Every step"), ("_trigger", "Every trigger")):
        forms = [name for name in definitions if name.endswith(kind)]
        if not forms:
            continue
        common = common_keys(definitions, forms)
        kinds = ", ".join(f"[{headings[name].lower()}](#{text.anchor(headings[name])})" for name in forms)
        page += [f"## {every}", "", f"There are these: {kinds}. Beside its own keys each may have:", "",
                 *text.table(HEADS, [shapes.row(key, shape, False) for key, shape in common.items()]), ""]
        for name in forms:
            section(page, f"## {headings[name]}", definitions[name], shapes, without=[key for key in common if definitions[name]["properties"].get(key) == common[key]])
    for name, heading in headings.items():
        if not heading.startswith("Every ") and not name.endswith(("_step", "_trigger")):
            section(page, f"## {heading}", definitions[name], shapes)


def pages(top):
    def schema(name):
        return json.loads((top / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))

    page = ["# The format of files", "",
            "Each key of the files that people write: a workflow, the project's `millrace.yaml`, and tests of a workflow. What they mean together",
            "is told by the guides ([workflows](../workflows.md), [tests](../testing-workflows.md)). A key of a mapping inside a mapping stands as",
            "`outer.inner`, one of a mapping in a list as `list[].inner`. `millrace schema` prints the same as JSON Schemas, for editors.",
            "This page is made of `schemas/` by `script/docs`.", ""]
    file_page(page, schema("workflow"), "A workflow: NAME.yaml")
    file_page(page, schema("project"), "The project: millrace.yaml", " of the project")
    file_page(page, schema("test"), "Tests of a workflow: NAME.test.yaml")
    manifest = ["# The manifest of a plugin", "", "Each key of `plugins/NAME/NAME.json`; the guide to [plugins](../plugins.md) says how they work together.",
                "This page is made of `schemas/` by `script/docs`.", ""]
    file_page(manifest, schema("manifest"), "A manifest: NAME.json")
    return {"reference/format.md": page[:-1], "reference/manifest.md": manifest[:-1]}
