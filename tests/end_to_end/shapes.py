"""Holds what the service answers to the document that it gives of itself."""
import re

documents = {}  # by program: it says the same as long as it is the same


def document_of(program, fetch):
    if program not in documents:
        told = fetch()
        if "paths" not in told:
            return {"paths": {}}  # whoever asks is refused everything, as the test wants
        documents[program] = told
    return documents[program]


def problems(schema, value, place="the answer"):
    """The part of JSON Schema that the document is made of."""
    if not isinstance(schema, dict) or value is None and "null" in schema.get("type", []):
        return []
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if kinds and not any(isinstance(value, {"object": dict, "array": list, "string": str}[kind]) for kind in kinds if kind != "null"):
        return [f"{place} is no {kinds[0]}"]
    found = []
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += problems(schema.get("items", True), item, f"{place}[{index}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{place} lacks {name}" for name in schema.get("required", []) if name not in value]
        if schema.get("additionalProperties") is False:
            found += [f"{place} has {name} besides" for name in value if name not in known]
        for name, inner in known.items():
            if name in value:
                found += problems(inner, value[name], f"{place}.{name}")
    return found


def operation(document, method, path):
    """Names that are written out come before those that stand for any."""
    address = "/api/v1/" + path.split("?")[0].rstrip("/")
    for pattern in sorted(document["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", pattern), address):
            return document["paths"][pattern].get(method.lower())
    return None


def misfits(document, method, path, status, body):
    """What of an answer is not as the document says."""
    told = operation(document, method, path)
    answer = told and told["responses"].get(str(status))
    if not answer:
        return []  # what opens the route refuses what its row need not say
    schema = answer["content"]["application/json"]["schema"]
    if isinstance(schema, dict) and "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return problems(schema, body)
