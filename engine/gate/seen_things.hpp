#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catalog/thing_place.hpp"

namespace millrace {

/// The ids of the things that a run has read, each where it means something, with names for people.
class SeenThings {
 public:
  void add(const ThingPlace& place, std::string id, std::string name);
  /// What people call it; empty where it was not read, or has no name.
  std::string name_of(const ThingPlace& place, const std::string& id) const;
  bool holds(const ThingPlace& place, const std::string& id) const;
  /// Whether anything was read just there.
  bool any_at(const ThingPlace& place) const;
  /// How many things of the kind were read at the connection and location, whatever they belong to.
  std::size_t count(const ThingPlace& place) const;
  bool empty() const noexcept { return things_.empty(); }

 private:
  using Ids = std::map<std::string, std::string>;  // with their names, which may be empty
  using OfKind = std::map<std::string, Ids>;       // by their parents
  const OfKind* of_kind(const ThingPlace& place) const;
  std::vector<const Ids*> read_at(const ThingPlace& place) const;
  std::vector<const Ids*> read_around(const ThingPlace& place) const;

  std::map<std::pair<std::string, std::string>, OfKind> things_;  // by where they are, and their kind
};

}  // namespace millrace
