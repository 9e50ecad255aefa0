#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "colour.hpp"

namespace millrace::reports {

/// Places and lengths are in points, 72 an inch, from the upper left corner of the page.
struct Point {
  double x = 0, y = 0;
};
struct Size {
  double width = 0, height = 0;
};
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

enum class Side : std::uint8_t { left, right, centre };

/// With what text is written.
struct Pen {
  double size = 9;
  bool bold = false;
  Colour colour = ink;
};

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// What text has to fit in. One that does not ends with "…"; text that reads from right to left stands on the same
/// side as all other.
struct Fit {
  double width = no_limit;
  Side side = Side::left;
  int most_lines = 1;
  bool again = false;  ///< the whole text stands elsewhere, too, so its end is no loss
};

/// Text of which a part is not shown.
struct Losses {
  std::size_t glyphs = 0;                    ///< that no font of this machine has
  std::vector<std::string> texts;            ///< some in which they stand
  std::set<std::string, std::less<>> ended;  ///< the beginnings of texts that end with "…"

  void add(const Losses& more);
};

/// What a picture is for in a tagged PDF; drawings in other forms pass over it.
enum class Role : std::uint8_t {
  document,
  title,
  heading,
  paragraph,
  figure,
  table,
  table_row,
  table_head,
  table_cell
};

struct Facts {
  std::string title, author;
  std::int64_t made = 0;  ///< in milliseconds since 1970
};

/// The one surface onto which reports are drawn, for paper and for screens. Text is text: nothing in it is markup.
/// Errors are thrown as job::Failure. One thread at a time.
class Canvas {
 public:
  /// A PDF with embedded fonts, tags and bookmarks. `language` chooses among forms of letters ("de-DE"). What the file
  /// says about itself comes from `facts`, so that the same drawing gives the same bytes.
  static Canvas pdf(Size page, std::string_view language, const Facts& facts);
  /// One picture, with its letters as outlines, so that it looks alike wherever it is shown.
  static Canvas svg(Size size, std::string_view language);
  ~Canvas();
  Canvas(Canvas&&) noexcept;

  Size page() const { return page_; }
  /// Ends the page, and begins the next one in that size.
  void next_page(Size size);
  int page_number() const { return page_number_; }
  /// Ends the drawing. To be called once, at its end.
  std::string finish();

  void fill(Box box, Colour colour, double radius = 0);
  void line(Point from, Point to, Colour colour, double width = 0.5);
  /// Level lines of that width at these heights, as one drawing.
  void rules(const std::vector<double>& heights, double left, double width, Colour colour);
  void path(const std::vector<Point>& points, Colour colour, double width);
  void polygon(const std::vector<Point>& points, Colour colour);
  void dot(Point centre, double radius, Colour colour);

  Size measure(std::string_view text, const Pen& pen, const Fit& fit = {});
  /// `place` is the upper left corner of the box of `fit`; of text without a width, the corner on its side. Gives the
  /// space that it takes.
  Size write(std::string_view text, const Pen& pen, Point place, const Fit& fit = {});

  /// The bytes of a text that fill so many lines of that width, one line at the least; all of it where there are fewer.
  /// REQUIRES: the text is a paragraph as `paragraph_of` makes one.
  std::size_t bytes_in(std::string_view text, const Pen& pen, double width, int lines);

  /// How wide one line of plain letters is; nothing for text that needs more than that, such as Arabic.
  std::optional<double> plain_width(std::string_view text, const Pen& pen);
  /// Writes such a line later, with many others at once: a hundred thousand rows are quick so.
  void gather(std::string_view text, const Pen& pen, Point place);
  void write_gathered();

  /// How large the PNG is where it fills as much of the box as it can.
  Size size_in(std::string_view png, Box box);
  /// Draws it so, on the left side of the box.
  void image(std::string_view png, Box box);

  void begin(Role role);
  void end(Role role);
  /// A bookmark that leads to a place of this page.
  void bookmark(const std::string& title, double y);

  const Losses& losses() const;

 private:
  struct Inner;
  explicit Canvas(std::unique_ptr<Inner> inner, Size page);

  std::unique_ptr<Inner> inner_;
  Size page_;
  int page_number_ = 1;
};

}  // namespace millrace::reports
