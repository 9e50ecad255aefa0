#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colour.hpp"
#include "local_times.hpp"
#include "locale.hpp"
#include "table.hpp"

namespace millrace::reports {

/// One figure, and what it was in the period before.
struct Figure {
  std::string name, label;
  Cell value, before;
  std::optional<double> change;  ///< by how many percent it differs from that; nothing where they cannot be compared
  bool share = false;            ///< 0.05 means 5 %

  bool compared() const { return change || before.kind != Cell::Kind::empty; }
};

/// One part of a report. Its rows stay JSON: there may be a hundred thousand of them.
struct Section {
  enum class Kind : std::uint8_t { text, figures, table, lines, bars };

  Kind kind = Kind::text;
  std::string heading;
  std::string text;
  std::vector<Figure> figures;
  std::string_view rows;                                     ///< the JSON of a list
  bool known = true;                                         ///< false: what is to be shown is only told by a real run
  std::vector<std::pair<std::string, std::string>> columns;  ///< heading and member; empty: all that the rows have
  std::vector<std::pair<std::string, Cell>> total;           ///< what stands below the table, by member
  std::string along;                                         ///< the member along which a chart goes: a date, a name
  std::vector<std::string> of;                               ///< the members that it draws
  std::string by;                   ///< the member that tells one line from the other; empty: each of `of` is one
  std::vector<std::string> shares;  ///< members where 0.05 means 5 %
  std::vector<std::string> runs;    ///< those that the numbers come from, as far as the rows do not say it themselves

  bool is_share(std::string_view member) const;
};

struct Brand {
  std::string name;
  Colour colour{0.12, 0.29, 0.49};
  std::string logo;  ///< the bytes of a PNG; empty: none
};

/// What every form of a report is made of.
struct Description {
  std::string title;
  std::string location;  ///< by its name; empty: none
  std::optional<job::Day> from, to;
  Brand brand;
  const Locale* locale = nullptr;
  std::int64_t made = 0;  ///< in milliseconds since 1970
  std::string made_at;    ///< the same for the reader, with its zone
  std::vector<Section> sections;
  bool known = true;  ///< false: only a real run tells of which sections it is made

  /// "1 to 7 March 2026", as the reader writes it; empty where no period was given.
  std::string period() const;
  /// "Main Street · Made 7 March 2026, 09:00 Europe/London"
  std::string made_where() const;
  /// False where a real run tells of more rows than are known by now.
  bool rows_known() const;
};

/// Reads what an action was given, and the file of its logo. The result borrows from `input`. Throws job::Failure for
/// what no schema can refuse.
Description read_description(std::string_view input, job::Call& call);

/// Calls `visit` with each paragraph of a text: its lines, but for empty ones.
template <class Visit>
void each_paragraph(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) visit(text.substr(at, end - at));
    at = end + 1;
  }
}

/// "posts_per_day" as "Posts per day".
std::string label_of(std::string_view member);

/// Text of others with which a sentence begins, so that what reads from right to left in it turns nothing else around.
std::string isolated(std::string_view text);

/// "Likes: 50, 25.0% more than in the period before (40)."
std::string sentence(const Figure& figure, const Locale& locale);

/// A cell as the reader writes it; dates among it. `least` as in Locale::number.
std::string shown(const Cell& cell, const Locale& locale, bool share = false, int least = 0);

/// A day that stands in a cell as "2026-09-21".
std::optional<job::Day> day_in(const Cell& cell);

}  // namespace millrace::reports
