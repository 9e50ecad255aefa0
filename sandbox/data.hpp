#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

struct Location {
  std::string id, name;
};

struct LocationTag {
  std::string id, name, location_id;
};

struct SocialTag {
  std::string id, name, location_id, created_by;
  bool deleted = false;  ///< kept, but marked
  std::string created_at, updated_at;
};

/// Something that SightMill was asked to do: send a survey, or keep a contact.
struct SurveyRequest {
  std::string project;
  Value body;
};

/// Everything that the stand-in knows about the world; what `GET /_sandbox/state` shows and `reset` puts back.
struct Data {
  std::vector<Location> locations;
  std::vector<LocationTag> location_tags;
  std::vector<SocialTag> social_tags;
  std::vector<SurveyRequest> survey_requests;

  bool knows_location(std::string_view id) const noexcept;
};

Value as_value(const LocationTag& tag);
Value as_value(const SocialTag& tag);
Value as_value(const Data& data);
/// Reads what `as_value` gave; the error lists everything wrong.
Result<Data> read_data(const Value& value);

/// Numbers that look random and are the same for the same seed on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() noexcept;
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(roll() % limit); }
  bool one_in(std::size_t chances) noexcept { return below(chances) == 0; }
  std::string location_tag_id();  ///< 20 letters and digits
  std::string social_tag_id();    ///< 24 hexadecimal digits

 private:
  std::string letters(std::string_view alphabet, std::size_t count);
  std::uint64_t state_;
};

/// The seed of a sandbox that was not asked for another one: a handful of sensible tags, written by hand.
inline constexpr std::uint64_t first_seed = 1;

/// The world of a seed. Each but the first is made up: up to forty tags of each kind a location, Unicode and marked
/// ones among them.
Data seeded(std::uint64_t seed);

}  // namespace millrace::sandbox
