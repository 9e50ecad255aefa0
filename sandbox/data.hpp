#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contact_store.hpp"
#include "dice.hpp"
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

/// An account on a social network.
struct SocialAccount {
  std::string id, profile_id, platform, type, location_id;
  Value fields;  ///< as the documents write an account
};

struct SocialPost {
  std::string id, location_id, status, type;
  std::int64_t shown = 0;  ///< its displayDate, in milliseconds since 1970
  Value fields;            ///< as the documents write a post
};

/// A tag in the words of the integration page.
struct PageTag {
  std::string id, name, location_id;
  Value color, description;  ///< text or null
};

/// What was pushed by the integration page's words.
struct PageStatistics {
  std::string location_id;
  Value fields;
};

/// Something that SightMill was asked to do: send a survey, or keep a contact.
struct SurveyRequest {
  std::string project;
  Value body;
};

/// The seed of a sandbox that was not asked for another one.
inline constexpr std::uint64_t first_seed = 1;

/// Everything that the stand-in knows about the world; what `GET /_sandbox/state` shows and `reset` puts back.
struct Data {
  std::optional<Timestamp> now;  ///< where the world's clock stands; nothing: it goes as ours does
  std::uint64_t statistics_seed = first_seed;
  std::vector<Location> locations;
  std::vector<LocationTag> location_tags;
  std::vector<SocialTag> social_tags;
  Contacts contacts;
  std::vector<SocialAccount> social_accounts;
  std::vector<SocialPost> social_posts;
  std::vector<PageTag> page_tags;
  std::vector<PageStatistics> page_statistics;
  std::vector<SurveyRequest> survey_requests;
  /// What lies on the shelves of the other things, by kind and place: "contact_note /contacts/ID/notes". One that is
  /// not here is as the connector's manifest shows it.
  std::map<std::string, Value::List> shelves;

  bool knows_location(std::string_view id) const noexcept;
  Timestamp time() const;  ///< what the world's clock says
};

Value as_value(const LocationTag& tag);
Value as_value(const SocialTag& tag);
Value as_value(const PageTag& tag);
Value as_value(const Data& data);
/// Reads what `as_value` gave; the error lists everything wrong. Everything but the locations may be left out.
Result<Data> read_data(const Value& value);

/// Reads the clock's place: RFC 3339, or null for a clock that goes.
Result<std::optional<Timestamp>> read_now(const Value& value);

// What a state says of one thing. REQUIRES: it has the shape that the schema of states asks for.
SocialAccount social_account_of(const Value& fields);
SocialPost social_post_of(const Value& fields);

/// The world of a seed. The first is written by hand; each other is made up, up to forty tags of each kind a location,
/// Unicode and marked ones among them, and now and then with nothing of a kind.
Data seeded(std::uint64_t seed);

}  // namespace millrace::sandbox
