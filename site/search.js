// Finds pages by their words, here and without a server: the index is a script beside this one, fetched when somebody begins to type.
(() => {
  const root = new URL(".", document.currentScript.src);
  const form = document.querySelector("form[role=search]"), input = form.querySelector("input"), list = form.querySelector(".found");
  const how = {
    prefix: true,
    fuzzy: (word) => (word.length > 4 ? 0.2 : false),
    combineWith: "AND",
    boost: { heading: 4, page: 2 },
    boostDocument: (id) => (id.startsWith("docs/decisions/") ? 0.3 : 1),  // why it is so comes behind how it is
  };
  let ready;

  const script = (name) => new Promise((done, failed) => {
    const element = document.createElement("script");
    Object.assign(element, { src: new URL(name, root), onload: done, onerror: failed });
    document.head.append(element);
  });

  const index = () => (ready ??= Promise.all([script("minisearch.js"), script("search-index.js")]).then(() =>
    MiniSearch.loadJSON(window.searchIndex, { fields: ["heading", "page", "text"], storeFields: ["heading", "page", "said"] })));

  const entry = ({ id, heading, page, said }) => {
    const item = document.createElement("li"), link = document.createElement("a"), words = document.createElement("small");
    link.href = new URL(id, root);
    link.textContent = heading === page ? page : `${heading} (${page})`;
    words.textContent = said;
    item.append(link, words);
    return item;
  };

  async function find() {
    const asked = input.value.trim(), known = await index();
    if (asked !== input.value.trim()) return;  // somebody types on
    const found = asked === "" ? [] : known.search(asked, how).slice(0, 20);
    list.replaceChildren(...found.map(entry));
    if (asked !== "" && found.length === 0) list.append("Nothing is found.");
    list.hidden = asked === "";
  }

  input.addEventListener("input", find);
  input.addEventListener("focus", index, { once: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "/" && document.activeElement === document.body) {
      event.preventDefault();
      input.focus();
    }
  });
  form.hidden = false;
})();
