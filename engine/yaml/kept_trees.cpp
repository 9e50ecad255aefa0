#include "yaml/kept_trees.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/files.hpp"
#include "base/private_files.hpp"

namespace millrace {
namespace {

constexpr std::size_t largest_trees = 1u << 30;

/// Notices a file that is not what was written, as it may be after a power cut. It keeps nobody from writing another.
std::uint64_t sum_of(std::string_view bytes) noexcept {
  std::uint64_t sum = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
    sum ^= sum >> 32;
  }
  return sum;
}

/// Numbers in as few bytes as they need, seven bits in each.
class Writer {
 public:
  std::string bytes;

  void number(std::size_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
    bytes += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes += value;
  }
  void node(const Node& node) {
    bytes += static_cast<char>(node.kind);
    bytes += static_cast<char>(node.style);
    number(node.begin);
    number(node.end);
    number(node.cut);
    text(node.text);
    number(node.items.size());
    for (const Node& item : node.items) this->node(item);
    number(node.members.size());
    for (const Node::Member& member : node.members) {
      text(member.key);
      number(member.key_begin);
      number(member.key_end);
      this->node(member.value);
    }
  }
};

/// The way back. What it meets was written by the same program and has the right sum, so it ends where it should.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ended() const noexcept { return rest_.empty(); }
  std::size_t number() {
    std::size_t value = 0;
    for (unsigned shift = 0; !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::string_view text() { return take(number()); }
  std::size_t count() { return std::min(number(), rest_.size()); }
  Node node() {
    Node node;
    node.kind = static_cast<Node::Kind>(number());
    node.style = static_cast<Node::Style>(number());
    node.begin = number();
    node.end = number();
    node.cut = number();
    node.text = text();
    node.items.resize(count());
    for (Node& item : node.items) item = this->node();
    node.members.resize(count());
    for (Node::Member& member : node.members) {
      member.key = text();
      member.key_begin = number();
      member.key_end = number();
      member.value = this->node();
    }
    return node;
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

KeptTrees::KeptTrees(TreesFile place) : place_(std::move(place)) {
  if (place_.file.empty()) return;
  auto found = read_private_file(place_.file, Others::may_read, largest_trees);
  if (!found || !*found) return;
  content_ = std::move(**found);
  const std::string expected = head();
  std::uint64_t sum = 0;
  const std::string_view all = content_;
  if (!all.starts_with(expected) || all.size() < expected.size() + sizeof sum) return;
  std::memcpy(&sum, all.data() + expected.size(), sizeof sum);
  const std::string_view body = all.substr(expected.size() + sizeof sum);
  if (sum != sum_of(body)) return;
  for (Reader reader(body); !reader.ended();) {
    const std::string_view kept = reader.text();
    kept_.emplace(Reader(kept).text(), kept);
  }
}

std::string KeptTrees::head() const { return "trees of " + place_.program + "\n"; }

YamlDocument KeptTrees::read(std::shared_ptr<const SourceText> source, Kept& kept) const {
  const auto found = kept_.find(source->text);
  if (found != kept_.end()) {
    kept = found->second;
    Reader reader(found->second);
    reader.text();
    return {SourceLines(std::move(source)), reader.node(), {}};
  }
  YamlDocument document = read_yaml(std::move(source));
  if (!document.root || !document.findings.empty()) return document;
  Writer writer;
  writer.text(document.text());
  writer.node(*document.root);
  kept = std::move(writer.bytes);
  return document;
}

void KeptTrees::keep(const std::vector<Kept>& texts) const {
  if (place_.file.empty()) return;
  Writer body;
  for (const Kept& kept : texts) {
    if (!kept.empty()) body.text(kept);
  }
  const std::uint64_t sum = sum_of(body.bytes);
  std::string content = head();
  content.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  content += body.bytes;
  if (content != content_) (void)replace_file(place_.file, content, 0600);
}

}  // namespace millrace
