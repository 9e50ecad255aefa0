"""docs/reference/plugins/: what each plugin that comes with Millrace offers, from its manifests."""
import json

from pages import text
from pages.shape import Shapes

HEADS = ("name", "holds", "needed", "unless said", "what it is", "example")
REPEATS = {"idempotent": "yes: doing it twice is doing it once", "keyed": "yes: the far side knows the same write by its key",
           "neither": "only where it is known that it did not happen"}


def code_block(value, language):
    lines = text.yaml(value) if language == "yaml" else json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    return text.fenced(lines, language)


def sent(action):
    request = action.get("request")
    if not request:
        return ""
    if request["method"] == "MAIL":
        return "a mail"
    if "path" in request:
        return text.code(f"{request['method']} {request['path']}")
    return f"{text.code(request['method'])} to the address in {text.code(request['url_input'])}" if "url_input" in request else "to the connection's address"


def undone(plugin, action):
    inverse = action.get("inverse")
    if not inverse:
        return ""
    if isinstance(inverse, str):
        return text.code(f"{plugin}.{inverse}")
    lost = [sentence_of(each) for each in inverse.get("lost", [])]
    again = inverse.get("carriers", {}).get("again")
    carried = f", and {text.code(f'{plugin}.{again}')} for those who carried it" if again else ""
    return text.code(f"{plugin}.{inverse['action']}") + carried + (". Lost is: " + " ".join(lost) if lost else "")


def sentence_of(words):
    return text.prose(text.sentence(words))


def facts(plugin, action):
    """What a step should know of an action before it is used, a line each."""
    effect = action.get("effect", "update" if "request" in action else "update")
    found = [("effect", text.code(effect)), ("sends", sent(action)), ("scope of the token", text.code(action["scope"]) if action.get("scope") else ""),
             ("touches", text.code(action["target"]) if action.get("target") else ""), ("in a plan", text.code(action["change"]) if action.get("change") else ""),
             ("may be repeated", REPEATS.get(action.get("repeat"), "") if effect not in ("none", "read") else ""), ("undone by", undone(plugin, action)),
             ("calls", ", ".join(text.code(each.rstrip("?")) + (" where it can" if each.endswith("?") else "") for each in action.get("calls", []))),
             ("wants a connection", "yes" if action.get("connection") else ""), ("caution", sentence_of(action.get("caution", ""))),
             ("refused at", "; ".join(f"{text.code(host)}: {why}" for host, why in action.get("refused_hosts", {}).items())),
             ("stops at", ", ".join(f"{value} {'changes' if limit == 'max_changes' else '% of what it has read'}" for limit, value in action.get("safety", {}).items()))]
    return text.table(("", ""), [row for row in found if row[1]])


def fields(title, schema, definitions):
    if not schema:
        return []
    shapes = Shapes(schema, others=[definitions])
    rows = shapes.rows(schema)
    whole = shapes.followed(schema)
    if not rows and not whole.get("properties"):
        alone = shapes.inner_rows(schema, "", 0)
        kind = shapes.type_of(schema)
        if not alone and (kind == "mapping" or kind == "anything"):
            return []
        words = sentence_of(whole.get("description", ""))
        return [f"{title}: {kind}." + (" " + words if words else ""), ""] + ([*text.table(HEADS, alone), ""] if alone else [])
    return [f"{title}:", "", *text.table(HEADS, rows), ""] if rows else []


def action_section(plugin, name, action, definitions):
    page = [f"## {plugin}.{name}", "", sentence_of(action["summary"]), "", *facts(plugin, action), ""]
    page += fields("Takes", action.get("input"), definitions) + fields("Gives", action.get("output"), definitions)
    for example in action.get("examples", []):
        step = {"action": f"{plugin}.{name}", **({"with": example["input"]} if example.get("input") else {})}
        page += [sentence_of(example["summary"]), "", *code_block([step], "yaml"), ""]
        if "output" in example:
            page += ["gives", "", *code_block(example["output"], "json"), ""]
    return page


def trigger_section(plugin, name, trigger, definitions):
    page = [f"## {plugin}.{name}", "", sentence_of(trigger["summary"]), ""]
    found = [("kind", trigger["kind"]), ("scope of the token", text.code(trigger["scope"]) if trigger.get("scope") else ""),
             ("the sender calls it", text.code(trigger["delivery"]) if trigger.get("delivery") else ""),
             ("calls", ", ".join(map(text.code, trigger.get("calls", []))))]
    page += [*text.table(("", ""), [row for row in found if row[1]]), ""]
    page += fields("Takes", trigger.get("with"), definitions) + fields("The event", trigger.get("event"), definitions)
    for example in trigger.get("examples", [])[:1]:
        if "output" in example:
            page += [sentence_of(example["summary"]), "", *code_block(example["output"], "json"), ""]
    return page


def connection_section(connection):
    page = ["# Connections", ""]
    rows = [("signs in", {"bearer": "with a token", "none": "not at all, unless the connection says"}.get(connection.get("auth"), "")),
            ("sent with each request", ", ".join(text.code(f"{name}: {value}") for name, value in connection.get("headers", {}).items())),
            ("locations", "its things belong to locations: each action takes `location_id`" if connection.get("locations") else ""),
            ("nothing is written at", "; ".join(f"{text.code(host)}: {why}" for host, why in connection.get("refused_hosts", {}).items()))]
    limits, oauth = connection.get("limits", {}), connection.get("oauth2", {})
    if "requests" in limits:
        rows.append(("budget", f"{limits['requests']} requests in {limits.get('per', '10s')}" + (f", {limits['daily']} in a day" if "daily" in limits else "")))
    if oauth:
        rows.append(("OAuth 2", f"agreed to at {text.code(oauth['authorize_url'])}, tokens from {text.code(oauth['token_url'])}"))
    return [*page, *text.table(("", ""), [row for row in rows if row[1]]), ""]


def manifest_page(name, manifest, parts):
    plugin, definitions = manifest["name"], manifest.get("definitions", {})
    page = [f"# {name}", "", sentence_of(manifest["summary"]), "", f"Version {manifest['version']}. This page is made of the manifest by `script/docs`.", ""]
    if parts:
        page += ["More of it: " + ", ".join(f"[{part}]({part}.md)" for part in parts) + ".", ""]
    page += connection_section(manifest["connection"]) if manifest.get("connection") else []
    for title, kind, section in (("# Actions", "actions", action_section), ("# Triggers", "triggers", trigger_section)):
        entries = manifest.get(kind, {})
        if entries:
            page += [title, "", *text.table(("name", "effect", "what it does") if kind == "actions" else ("name", "what happened"), [
                [f"[{plugin}.{each}](#{text.anchor(f'{plugin}.{each}')})", *([entry.get("effect", "update")] if kind == "actions" else []), text.prose(entry["summary"])]
                for each, entry in entries.items()]), ""]
            for each, entry in entries.items():
                page += section(plugin, each, entry, definitions)
    return page[:-1]


def shipped(top):
    """plugin -> {name of a manifest: the manifest}, the one with the connection first."""
    found = {}
    for path in sorted((top / "plugins").glob("*/*.json"), key=lambda each: (each.parent.name, each.stem.count("."), each.stem)):
        found.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return found


def pages(top):
    made = {}
    for manifests in shipped(top).values():
        first, *parts = manifests
        for name, manifest in manifests.items():
            made[f"reference/plugins/{name}.md"] = manifest_page(name, manifest, parts if name == first else [])
    return made
