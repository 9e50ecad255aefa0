#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"

namespace millrace {

/// What can be allowed, in the order of its harm.
inline constexpr std::array all_effects = {Effect::read, Effect::create, Effect::update, Effect::remove, Effect::send};

/// Some of the effects.
class EffectSet {
 public:
  constexpr EffectSet() = default;
  constexpr EffectSet(Effect one) : bits_(static_cast<std::uint8_t>(1u << static_cast<unsigned>(one))) {}

  static constexpr EffectSet any() {
    return EffectSet(Effect::read) | Effect::create | Effect::update | Effect::remove | Effect::send;
  }
  constexpr EffectSet operator|(EffectSet other) const {
    EffectSet both;
    both.bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
    return both;
  }
  constexpr bool meets(EffectSet other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const EffectSet&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

/// "read and delete": those in it, in the order of their harm.
std::string words_of(EffectSet effects);

/// One way in which something reaches the outside, or may reach it. Borrows all that it names.
struct Touch {
  enum class At : std::uint8_t {
    thing,    ///< a thing of `kind`, behind a connection
    address,  ///< an address that lies below no connection's: `place` is its host
    file,     ///< a file that is written or sent: `place` is its path below output/, else below the project's folder
  };
  At at = At::thing;
  EffectSet effects = {};            ///< at the gate the one that it has; before a run all that it may have
  std::string_view kind = {};        ///< kind_of the action
  std::string_view connection = {};  ///< over which it goes; empty: over none
  std::string_view place = {};
  int port = 0;                 ///< of an address; 0: not known
  bool whole = true;            ///< `place` is known; else it is what it begins with, as far as that is known
  std::string_view shown = {};  ///< what messages call the place, where it is a secret's; empty: as it is

  /// A message and nothing else: a mail, or a post to an address.
  bool is_message() const noexcept;
};

/// What `permissions:` allows, of a workflow or of a project. What it does not speak of it does not narrow: where it
/// names a kind of thing, only those that it names may be touched; where it says `hosts`, only these hosts, and so on.
struct Bounds {
  /// What somebody wrote, with what it allows.
  struct Entry {
    std::string name;  ///< a kind, a host, a folder without a slash at its end, a connection
    EffectSet effects;
    SourceMark at;
    int port = 0;  ///< of a host; 0: any
  };
  /// One of those keys that name places.
  struct Places {
    std::vector<Entry> entries;
    bool any = false;
    SourceMark at;
  };

  SourceMark at;  ///< of the key `permissions`
  std::vector<Entry> kinds;
  std::optional<Entry> others;  ///< kinds that are not named
  std::optional<Entry> send;    ///< messages: Effect::send, or nothing
  std::optional<Places> connections, hosts, files;
};

/// Why something is not allowed, and what would have to be said for it.
struct Forbidden {
  std::string why;   ///< "permissions in workflows/prune.yaml:4 allow only to read contacts"
  std::string cure;  ///< "say contacts: delete there"
  SourceMark at;     ///< what says it
};

/// Nothing where the touch is allowed, or where only the run can tell. Allocates nothing then: it is asked for each
/// request. Pure.
std::optional<Forbidden> forbidden_by(const Bounds& bounds, const Touch& touch);

/// Those of its effects that are allowed, each looked at by itself.
EffectSet permitted_of(const Bounds& bounds, Touch touch);

/// How a kind is named in `permissions`: "location_tags".
std::string key_for(std::string_view kind);

/// Which path below the output folder is meant, however it is said: "output/a.csv", "./a.csv".
std::string_view below_output(std::string_view path) noexcept;

}  // namespace millrace
