// Makes web pages of the Markdown that script/site has laid below pages/, as it lies in the repository.
import fs from "node:fs";
import path from "node:path";
import anchor from "markdown-it-anchor";
import MiniSearch from "minisearch";

const PAGES = "pages";
// What stands beside each page; of the decisions their list alone.
const GROUPS = [
  ["Guides", (name) => /^(README|docs\/[^/]+|docs\/decisions\/README)$/.test(name)],
  ["Reference", (name) => /^docs\/reference\/[^/]+$/.test(name)],
  ["Plugins", (name) => name.startsWith("docs/reference/plugins/")],
  ["The sandbox", (name) => name.startsWith("sandbox/")],
];

// As code hosts make an anchor of a heading, so that one link is right at both.
const slugify = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-");

const addressOf = (name) => name.replace(/(^|\/)README$/, "$1index") + ".html";

function titleOf(name) {
  const heading = /^# (.*)$/m.exec(fs.readFileSync(path.join(PAGES, name + ".md"), "utf8"));
  return heading ? heading[1].replaceAll("`", "") : name;
}

function everyPage() {
  const files = fs.readdirSync(PAGES, { recursive: true }).filter((file) => file.endsWith(".md"));
  return files.map((file) => file.slice(0, -3)).sort().map((name) => ({ name, address: addressOf(name), title: titleOf(name) }));
}

// A link to a page leads to what becomes of it. Of what else lies in the repository the words stay, without a link.
function leadToPages(markdown) {
  const known = new Set(everyPage().map((page) => page.name));
  markdown.core.ruler.push("lead_to_pages", ({ env, tokens }) => {
    const here = path.posix.relative(PAGES, path.posix.normalize(env.page.inputPath));
    for (const { children } of tokens.filter((token) => token.children !== null)) {
      children.forEach((link, at) => {
        const href = link.type === "link_open" ? link.attrGet("href") : "#";
        if (/^([a-z]+:|#)/.test(href)) return;
        const [target, fragment] = href.split("#");
        const led = path.posix.join(path.posix.dirname(here), target).replace(/\/$/, "");
        const name = [led.replace(/\.md$/, ""), led + "/README"].find((each) => known.has(each));
        if (name !== undefined) {
          const from = path.posix.dirname(addressOf(here.replace(/\.md$/, "")));
          link.attrSet("href", path.posix.relative(from, addressOf(name)) + (fragment ? "#" + fragment : ""));
        } else if (fs.existsSync(path.join(process.env.MILLRACE_SOURCE, led))) {
          link.hidden = children.find((token, behind) => behind > at && token.type === "link_close").hidden = true;
        } else {
          throw new Error(`${here} leads to ${href}, where nothing is`);
        }
      });
    }
  });
}

// One entry for each heading, with the words until the next one.
function sectionsOf(address, title, html) {
  const text = (part) => part.replace(/<[^>]*>/g, " ").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const main = html.slice(html.indexOf("<main>"), html.indexOf("</main>"));
  return main.split(/(?=<h[1-6] id=)/).slice(1).map((part) => {
    const [, id, heading] = /^<h[1-6] id="([^"]*)"[^>]*>(.*?)<\/h[1-6]>/s.exec(part);
    const words = text(part.slice(part.indexOf("</h"))).replace(/^\S+/, "").replace(/\s+/g, " ").trim();
    return { id: `${address}#${id}`, page: title, heading: text(heading).trim(), text: words, said: words.slice(0, 140) };
  });
}

function writeSearch(folder, results) {
  const titles = new Map(everyPage().map((page) => [page.address, page.title]));
  const index = new MiniSearch({ fields: ["heading", "page", "text"], storeFields: ["heading", "page", "said"] });
  for (const { url, content } of results) {
    const address = url.replace(/^\//, "").replace(/(^|\/)$/, "$1index.html");
    if (titles.has(address)) index.addAll(sectionsOf(address, titles.get(address), content));
  }
  // A script, and no JSON: a page that was opened as a file may not read other files.
  fs.writeFileSync(path.join(folder, "search-index.js"), "window.searchIndex = " + JSON.stringify(JSON.stringify(index)) + ";\n");
}

export default function (eleventy) {
  eleventy.setLibrary("md", undefined);
  eleventy.amendLibrary("md", (markdown) => {
    markdown.set({ html: false, linkify: false });
    markdown.use(anchor, { slugify });
    leadToPages(markdown);
  });
  eleventy.addGlobalData("layout", "page.liquid");
  eleventy.addGlobalData("permalink", () => ({ page }) => addressOf(page.filePathStem.slice(1)));
  eleventy.addGlobalData("groups", () => {
    const pages = everyPage();
    return GROUPS.map(([title, holds]) => ({ title, pages: pages.filter((page) => holds(page.name)) })).filter((group) => group.pages.length > 0);
  });
  eleventy.addFilter("title", (inputPath) => titleOf(path.posix.relative(PAGES, inputPath.replace(/^\.\//, "").replace(/\.md$/, ""))));
  eleventy.addFilter("from", (address, url) => path.posix.relative(path.posix.dirname(url.replace(/\/$/, "/index.html")), "/" + address));
  eleventy.addPassthroughCopy({ "site.css": "site.css", "search.js": "search.js", "node_modules/minisearch/dist/umd/index.js": "minisearch.js" });
  eleventy.on("eleventy.after", ({ directories, results }) => writeSearch(directories.output, results));
  return { dir: { input: PAGES, includes: "../layouts", output: "made" }, markdownTemplateEngine: false, templateFormats: ["md"] };
}
