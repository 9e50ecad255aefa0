#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "canvas.hpp"
#include "description.hpp"

namespace millrace::reports {

inline constexpr Pen body{10, false, ink};
inline constexpr Pen caption{7.5, false, quiet_ink};

/// Pages that are filled from above, each with its foot.
class Paper {
 public:
  explicit Paper(const Description& description);

  Canvas& canvas() { return canvas_; }
  const Description& description() const { return description_; }
  double left() const;
  double width() const;  ///< between the margins
  double upright_width() const;
  bool lies() const { return canvas_.page().width > canvas_.page().height; }
  double y() const { return y_; }
  double room() const;       ///< below `y`
  double most_room() const;  ///< on a new page
  void skip(double height) { y_ += height; }
  /// Begins a page where less room than this is left.
  void need(double height);
  void next_page();
  /// From the next page on, paper lies on its side, or no longer does.
  void turn(bool lying) { lying_ = lying; }

  void write_cover();
  double height_of_heading(std::string_view text);
  void write_heading(std::string_view text);
  /// As many pages as it takes. `after`: the space below it.
  void write_paragraph(std::string_view text, const Pen& pen, double after);

  std::string finish();

 private:
  Size size() const;
  void write_foot();

  const Description& description_;
  Canvas canvas_;
  double y_ = 0;
  bool lying_ = false;
};

/// What people should know about letters that no font here has, and texts that are longer than their place.
std::vector<std::string> warnings_of(const Losses& losses);

}  // namespace millrace::reports
