"""Values, types and tables as Markdown has them."""
import json
import re

PLAIN = re.compile(r"[A-Za-z_./$][^\n]*|[0-9]+(ms|s|m|h|d)")
READ_OTHERWISE = re.compile(r"(?i)true|false|yes|no|on|off|null|y|n")


def scalar(value):
    """One value as YAML writes it, without quotes where it may stand without."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if PLAIN.fullmatch(value) and not READ_OTHERWISE.fullmatch(value) and not re.search(r": | #|:$|^\s|\s$", value):
        return value
    if re.search(r'["\\]', value) and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)


def yaml(value, indent=""):
    """A value as lines of YAML, one key a line."""
    if isinstance(value, dict) and value:
        lines = []
        for key, inside in value.items():
            nested = isinstance(inside, (dict, list)) and inside
            if nested:
                lines += [f"{indent}{scalar(key)}:", *yaml(inside, indent + "  ")]
            else:
                lines.append(f"{indent}{scalar(key)}: {scalar(inside)}")
        return lines
    if isinstance(value, list) and value:
        lines = []
        for item in value:
            inside = yaml(item, indent + "  ")
            lines += [f"{indent}- {inside[0].lstrip()}", *inside[1:]]
        return lines
    return [indent + scalar(value)]


def flow(value):
    """The same in one line, for a table."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {inside_flow(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inside_flow(item) for item in value) + "]"
    return scalar(value)


def inside_flow(value):
    text = flow(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and re.search(r"[,\[\]{}]", text) and text[0] not in "\"'" else text


def code(text):
    """Text as it is typed: it may hold backticks and, in a table, bars."""
    text = str(text).replace("\n", " ")
    fence = "``" if "`" in text else "`"
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def cell(text):
    return str(text).replace("\n", " ").replace("|", "\\|")


def table(heads, rows):
    """A table; a column that no row fills is left out."""
    rows = [[str(each) for each in row] for row in rows]
    kept = [at for at in range(len(heads)) if at == 0 or any(row[at] for row in rows)]
    lines = ["| " + " | ".join(heads[at] for at in kept) + " |", "|" + "---|" * len(kept)]
    return lines + ["| " + " | ".join(cell(row[at]) for at in kept) + " |" for row in rows]


def fenced(lines, language=""):
    ticks = "```"
    return [ticks + language, *lines, ticks]


def anchor(heading):
    """As code hosts and the site make one of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prose(text):
    """Words of a schema in which Markdown would see something else: the angles and stars of paths."""
    return re.sub(r"([<*])(?=\S)", r"\\\1", text) if "`" not in text else text


def sentence(text):
    return text if not text or text[-1] in ".?!:" else text + "."
