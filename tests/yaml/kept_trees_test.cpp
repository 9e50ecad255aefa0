#include "yaml/kept_trees.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "temporary_folder.hpp"

using namespace millrace;

namespace {

std::shared_ptr<const SourceText> source(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"workflows/kept.yaml", std::move(text)});
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool same(const Node& one, const Node& other) {
  const auto same_member = [](const Node::Member& left, const Node::Member& right) {
    return left.key == right.key && left.key_begin == right.key_begin && left.key_end == right.key_end &&
           same(left.value, right.value);
  };
  return one.kind == other.kind && one.style == other.style && one.text == other.text && one.begin == other.begin &&
         one.end == other.end && one.cut == other.cut &&
         std::equal(one.items.begin(), one.items.end(), other.items.begin(), other.items.end(), same) &&
         std::equal(one.members.begin(), one.members.end(), other.members.begin(), other.members.end(), same_member);
}

/// What the next start finds of `texts`, in a file of its own.
struct Kept {
  explicit Kept(const std::vector<std::string>& texts) {
    const KeptTrees before(place);
    std::vector<KeptTrees::Kept> kept(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) (void)before.read(source(texts[i]), kept[i]);
    before.keep(kept);
  }
  std::size_t size() const { return KeptTrees(place).size(); }

  test::TemporaryFolder folder;
  TreesFile place = {folder.path() / "trees", "a program"};
};

const std::string good =
    "version: 1\nname: 'Kept'  # a comment\nactions:\n  - set: {x: \"${{ 1 }}\", y: [1, ~]}\n  - stop: |\n      näme\n";

}  // namespace

TEST_SUITE_BEGIN("yaml");

TEST_CASE("a kept tree is the tree that reading gives, for every sample workflow") {
  std::vector<std::string> texts = {good};
  for (const auto& file : std::filesystem::directory_iterator(TEST_DATA "/../workflows")) {
    if (file.path().extension() == ".yaml") texts.push_back(content_of(file.path()));
  }
  REQUIRE(texts.size() > 5);
  const Kept kept(texts);
  const KeptTrees trees(kept.place);
  CHECK(trees.size() == texts.size());
  for (const std::string& text : texts) {
    KeptTrees::Kept again;
    const YamlDocument found = trees.read(source(text), again);
    const YamlDocument read = read_yaml(source(text));
    REQUIRE(found.root);
    CHECK(same(*found.root, *read.root));
    CHECK(found.findings.empty());
    CHECK(!again.empty());
    CHECK(found.mark(*found.root->find("version")).line == read.mark(*read.root->find("version")).line);
  }
}

TEST_CASE("a text that differs in one letter has a tree of its own") {
  const Kept kept({good});
  std::string other = good;
  other.replace(other.find("Kept"), 4, "Sept");
  KeptTrees::Kept ignored;
  const YamlDocument read = KeptTrees(kept.place).read(source(other), ignored);
  CHECK(read.root->find("name")->text == "Sept");
}

TEST_CASE("what is wrong with a text is found out each time") {
  CHECK(Kept({"version: 1\nname: &anchor x\n", "version: [1\n", "version: 1\nversion: 1\n", ""}).size() == 0);
}

TEST_CASE("trees of another program are not used") {
  Kept kept({good});
  CHECK(kept.size() == 1);
  kept.place.program = "a program, built anew";
  CHECK(kept.size() == 0);
}

TEST_CASE("of a file that is not whole nothing is used") {
  const Kept kept({good});
  const std::string whole = content_of(kept.place.file);
  const auto found_in = [&](const std::string& content) {
    std::ofstream(kept.place.file, std::ios::binary) << content;
    return kept.size();
  };
  CHECK(found_in(whole) == 1);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    CHECK(found_in(flipped) == 0);
    CHECK(found_in(whole.substr(0, at)) == 0);
  }
  CHECK(found_in(whole + "x") == 0);
}

TEST_CASE("without a file nothing is kept, and reading goes on as ever") {
  const KeptTrees trees({});
  KeptTrees::Kept kept;
  CHECK(trees.read(source(good), kept).root);
  trees.keep({kept});
  CHECK(trees.size() == 0);
}

TEST_CASE("a file that cannot be written is no misfortune") {
  const KeptTrees trees({"/proc/no/such/trees", "a program"});
  KeptTrees::Kept kept;
  CHECK(trees.read(source(good), kept).root);
  trees.keep({kept});
}

TEST_SUITE_END();
