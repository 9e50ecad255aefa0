"""JSON Schemas told in words: what a key may hold, what it is unless said, an example of it."""
import re

from pages import text

NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list", "object": "mapping", "null": "null"}
FORMATS = {"duration": "duration", "expression": "expression", "condition": "condition", "template": "text with `${{ }}`", "values": "mapping of values",
           "date-time": "time", "file": "path of a file"}
STANDARD = re.compile(r"; ([^\s;]+(?: [^\s;]+){0,2}) unless said(?=\.? *$|\. )")


class Shapes:
    """The definitions of one document, and which of them have a heading of their own on its page."""

    def __init__(self, document, headings=None, others=()):
        self.definitions = dict(document.get("definitions", {}))
        for other in others:
            self.definitions.update(other)
        self.headings = headings or {}

    def followed(self, shape):
        """The shape itself, with what stands beside a reference on top of what it leads to."""
        seen = set()
        while isinstance(shape, dict) and "$ref" in shape and shape["$ref"] not in seen:
            seen.add(shape["$ref"])
            beside = {key: value for key, value in shape.items() if key != "$ref"}
            shape = {**self.definitions.get(shape["$ref"].rsplit("/", 1)[1], {}), **beside}
        if isinstance(shape, dict) and len(shape.get("allOf", [])) == 1:
            return {**self.followed(shape["allOf"][0]), **{key: value for key, value in shape.items() if key != "allOf"}}
        return shape if isinstance(shape, dict) else {}

    def heading(self, shape):
        """The section that tells more of what a reference leads to."""
        named = shape if "$ref" in shape else (shape.get("allOf") or [{}])[0] if isinstance(shape, dict) else {}
        name = named.get("$ref", "").rsplit("/", 1)[-1]
        return self.headings.get(name)

    def type_of(self, shape):
        if isinstance(shape, dict) and (heading := self.heading(shape)):
            return f"[{heading.lower().removeprefix('every ')}](#{text.anchor(heading)})"
        shape = self.followed(shape)
        if "const" in shape:
            return text.code(text.scalar(shape["const"]))
        if "enum" in shape:
            return ", ".join(text.code(text.scalar(each)) for each in shape["enum"])
        types = shape.get("type", [])
        types = [types] if isinstance(types, str) else types
        if shape.get("format") in FORMATS:
            return FORMATS[shape["format"]] + (" or null" if "null" in types else "")
        for word in ("anyOf", "oneOf"):
            if word in shape:
                return self.any_of(shape[word])
        if types == ["array"] and "items" in shape:
            return self.list_of(shape["items"])
        further = shape.get("additionalProperties")
        if types == ["object"] and isinstance(further, dict) and not shape.get("properties") and (of := self.type_of(further)) != "anything":
            return f"mapping of names to {several(of)}"
        return " or ".join(NAMES[each] for each in types) or "anything"

    def any_of(self, shapes):
        words = []
        for shape in shapes:
            word = self.type_of(shape)
            if word not in words:
                words.append(word)
        return " or ".join(words)

    def list_of(self, items):
        of = self.type_of(items)
        return "list" if of == "anything" else f"list of {several(of)}"

    def row(self, key, shape, needed, otherwise=""):
        """What a table says of a key: its name, its type, what it is unless said, what it does (`otherwise` where it does not say), an example."""
        whole = self.followed(shape)
        said, standard = whole.get("description", otherwise), text.code(text.flow(whole["default"])) if "default" in whole else ""
        if not standard and (found := STANDARD.search(said)):
            standard = found[1]
            said = (said[:found.start()].rstrip(" ;,") + said[found.end():]).strip(" ;,")
        example = whole.get("x-example", next(iter(whole.get("examples", [])), None))
        if self.heading(shape) is not None or isinstance(example, dict) and whole.get("properties"):
            example = None  # it stands with the keys that it has
        return [text.code(key), self.type_of(shape), "yes" if needed else "", standard, text.prose(text.sentence(said[:1].upper() + said[1:])),
                text.code(text.flow(example)) if example is not None else ""]

    def rows(self, shape, prefix="", without=(), depth=0):
        """The keys of a mapping; one that stands in a mapping without a heading of its own comes as `outer.inner`."""
        whole, found = self.followed(shape), []
        for key, inside in whole.get("properties", {}).items():
            if key in without:
                continue
            required = whole.get("required", [])
            makes_it = whole.get("description", "") if required[:1] == [key] and depth == 0 else ""
            found.append(self.row(prefix + key, inside, key in required, makes_it))
            if depth < 6 and self.heading(inside) is None:
                found += self.inner_rows(inside, prefix + key, depth)
        return found

    def inner_rows(self, shape, name, depth):
        shape = self.followed(shape)
        found = []
        for inside in [shape, *shape.get("anyOf", []), *shape.get("oneOf", [])]:
            inside = self.followed(inside)
            if inside.get("properties"):
                found += self.rows(inside, name + ".", depth=depth + 1)
            items = inside.get("items")
            if isinstance(items, dict) and self.heading(items) is None and self.followed(items).get("properties"):
                found += self.rows(items, name + "[].", depth=depth + 1)
            further = inside.get("additionalProperties")
            if isinstance(further, dict) and self.heading(further) is None and self.followed(further).get("properties"):
                found += self.rows(further, name + ".NAME.", depth=depth + 1)
        told = {}  # what several forms have is told by the first
        for row in found:
            told.setdefault(row[0], row)
        return list(told.values())


def several(word):
    plurals = {"text": "texts", "whole number": "whole numbers", "number": "numbers", "mapping": "mappings", "expression": "expressions", "list": "lists",
               "duration": "durations", "time": "times", "true or false": "true or false"}
    if word.startswith("["):  # a link to a section of its own
        return word.replace("](", "s](", 1)
    return plurals.get(word, word)
