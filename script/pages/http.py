"""docs/reference/http.md: all that the service answers."""
from pages import text

OPENS = {
    "page": ("Whoever comes by a name of its own: the page is the same for everybody, and holds nothing of anybody.", "403 another name"),
    "enter": ("Whoever is at a page of its own: what is sent is the right.", "403 another name, or a page of another site or port; 413 a body of more than 64 KiB; 415 no JSON"),
    "anyone": ("Whoever reaches it.", ""),
    "delivery": ("A delivery proves itself as its trigger says (`verify`).", "503 the service starts or stops"),
    "approval key": ("The key in the link that the run's question came with, from a name of its own.", "403 another name; 404 no such run, or another key"),
    "token": ("`Authorization: Bearer <state/api-token>`, from a name of its own.", "400 a body or an address that cannot be read, or has a word that the route does not "
              "know where it changes something; 401 no token, or a wrong one; 403 another name, or a page of another site; 413 a body of more than 1 MiB"),
}


def statuses(words):
    """`404 no such run; 409 it has ended` as lines of a list."""
    return [f"- {each.strip()[:3]}: {text.prose(each.strip()[4:])}" for each in words.split("; ") if each]


def pages(asked):
    routes = asked("catalog", "routes", "--json")["routes"]
    page = ["# The HTTP API", "",
            "All that `millrace serve` answers. [Running it as a service](../operating.md#programs) tells how programs and senders live with it.", "",
            "What the token opens takes and answers JSON; places in braces are percent-encoded. A refusal is `{\"error\":{\"code\",\"message\"}}`. GET answers HEAD,",
            "too; another method is refused with 405 and `Allow`, an address where nothing is with 404. 429 and 503 carry `Retry-After`.",
            "`X-Millrace-Who: anna` says who asks: with `state/api-token` that is `anna by api` in the audit, for whoever has the token can say any name. This page is made of the table of routes by `script/docs`; `millrace catalog routes` prints it.", "",
            "# What opens a route", ""]
    for name, (words, refuses) in OPENS.items():
        page += [f"**{name[0].upper() + name[1:]}**: {words}" + (" Refused are:" if refuses else ""), ""]
        page += [*statuses(refuses), ""] if refuses else []
    page += ["# Routes", "", *text.table(("route", "opened by", "what it does"), [
        [f"[{text.code(route['method'] + ' ' + route['path'])}](#{text.anchor(route['method'] + ' ' + route['path'])})", route["opened_by"], route["does"]]
        for route in routes]), ""]
    for route in routes:
        page += [f"## {route['method']} {route['path']}", "", route["does"], "", f"Opened by: {route['opened_by']}.", ""]
        page += ["Behind the question mark: " + route["query"] + ".", ""] if route["query"] else []
        page += ["Takes: " + route["body"] + ".", ""] if route["body"] else []
        page += [f"Answers {route['status']}: {route['answers']}.", ""]
        page += ["Refuses:", "", *statuses(route["refuses"]), ""] if route["refuses"] else []
    return {"reference/http.md": page[:-1]}
