#include "paper.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include "typesetter.hpp"

namespace millrace::reports {

namespace {

constexpr double margin = 56, foot_height = 64;
constexpr double below_heading = 8;
constexpr int heading_lines = 3;
constexpr Size a4{595.28, 841.89}, letter{612, 792};

Size size_of(const Description& description, bool lying) {
  const Size size = description.locale->letter_paper ? letter : a4;
  return lying ? Size{size.height, size.width} : size;
}

Canvas open_canvas(const Description& description) {
  const std::string& author = description.brand.name.empty() ? description.location : description.brand.name;
  return Canvas::pdf(size_of(description, false), description.locale->name,
                     {description.title, author, description.made});
}

Pen heading_pen(const Description& description) { return {15, true, dark_enough(description.brand.colour, 4.5)}; }

/// The packages that have letters like these, as far as anybody knows.
std::set<std::string_view> packages_for(std::string_view text) {
  std::set<std::string_view> packages;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::string_view rest = text.substr(at);
    // Signs between letters, such as "…", are everywhere.
    if (rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81")) continue;
    if (lead >= 0xF0) packages.insert("fonts-noto-color-emoji");
    if (lead >= 0xE3 && lead <= 0xED) packages.insert("fonts-noto-cjk");
    if (lead >= 0xCD && lead < 0xE3) packages.insert("fonts-noto-core");
  }
  return packages;
}

}  // namespace

Paper::Paper(const Description& description) : description_(description), canvas_(open_canvas(description)) {}

Size Paper::size() const { return size_of(description_, lying_); }
double Paper::left() const { return margin; }
double Paper::width() const { return canvas_.page().width - 2 * margin; }
double Paper::upright_width() const { return size_of(description_, false).width - 2 * margin; }
double Paper::room() const { return canvas_.page().height - foot_height - y_; }
double Paper::most_room() const { return canvas_.page().height - foot_height - margin; }

void Paper::need(double height) {
  if (room() < height && y_ > margin) next_page();
}

void Paper::next_page() {
  write_foot();
  canvas_.next_page(size());
  y_ = margin;
}

void Paper::write_foot() {
  if (canvas_.page_number() == 1) return;
  const double y = canvas_.page().height - 38, right = left() + width();
  canvas_.line({left(), y - 6}, {right, y - 6}, hair);
  const std::string number = std::string(description_.locale->words.page) + " " + std::to_string(canvas_.page_number());
  const double taken = canvas_.write(number, caption, {right, y}, {no_limit, Side::right}).width;
  const std::string period = description_.period();
  const std::string text = isolated(description_.title) + (period.empty() ? "" : " · " + period);
  canvas_.write(text, caption, {left(), y}, {width() - taken - 20, Side::left, 1, true});
}

void Paper::write_cover() {
  const Size page = canvas_.page();
  const Colour colour = description_.brand.colour, on_it = ink_on(colour);
  const double band = 320;
  canvas_.fill({0, 0, page.width, band}, colour);
  double name_left = left();
  if (!description_.brand.logo.empty()) {
    // On white: whoever made it did not know the colour behind it.
    constexpr double plate = 8;
    const Box room{left() + plate, margin + plate, 140, 36};
    const Size logo = canvas_.size_in(description_.brand.logo, room);
    canvas_.fill({left(), margin, logo.width + 2 * plate, room.height + 2 * plate}, white, 4);
    canvas_.image(description_.brand.logo, room);
    name_left += logo.width + 2 * plate + 14;
  }
  canvas_.write(description_.brand.name, {13, true, on_it}, {name_left, margin + 16}, {left() + width() - name_left});
  const Pen title{description_.title.size() > 60 ? 24.0 : 32.0, true, on_it};
  const Fit fit{width(), Side::left, 4};
  const double height = canvas_.measure(description_.title, title, fit).height;
  const std::string period = description_.period();
  const double bottom = band - 40 - (period.empty() ? 0 : 26);
  canvas_.bookmark(description_.title, 0);
  canvas_.begin(Role::title);
  canvas_.write(description_.title, title, {left(), bottom - height}, fit);
  canvas_.end(Role::title);
  canvas_.begin(Role::paragraph);
  canvas_.write(period, {14, false, on_it}, {left(), bottom + 6}, {width()});
  canvas_.end(Role::paragraph);
  y_ = band + 28;
  write_paragraph(description_.made_where(), {9, false, quiet_ink}, 28);
}

double Paper::height_of_heading(std::string_view text) {
  return text.empty() ? 0
                      : canvas_.measure(text, heading_pen(description_), {width(), Side::left, heading_lines}).height +
                            below_heading;
}

void Paper::write_heading(std::string_view text) {
  canvas_.bookmark(std::string(text), y_);
  canvas_.begin(Role::heading);
  y_ += canvas_.write(text, heading_pen(description_), {left(), y_}, {width(), Side::left, heading_lines}).height +
        below_heading;
  canvas_.end(Role::heading);
}

void Paper::write_paragraph(std::string_view text, const Pen& pen, double after) {
  const std::string paragraph = paragraph_of(text);
  const double line = canvas_.measure("x", pen).height;
  for (std::string_view rest = paragraph; !rest.empty();) {
    // What is short is not parted; of what is longer, two lines at the least stand on a page.
    constexpr int short_lines = 4, least_lines = 2;
    int lines = static_cast<int>(room() / line);
    std::size_t size = canvas_.bytes_in(rest, pen, width(), lines);
    const bool is_short = size < rest.size() && canvas_.bytes_in(rest, pen, width(), short_lines) == rest.size();
    if (y_ > margin && (lines < least_lines ? size < rest.size() || lines == 0 : is_short)) {
      next_page();
      continue;
    }
    Fit fit{width(), Side::left, std::numeric_limits<std::int16_t>::max()};
    // Letters of other fonts may be higher.
    while (lines > 1 && canvas_.measure(rest.substr(0, size), pen, fit).height > room())
      size = canvas_.bytes_in(rest, pen, width(), --lines);
    canvas_.begin(Role::paragraph);
    y_ += canvas_.write(rest.substr(0, size), pen, {left(), y_}, fit).height;
    canvas_.end(Role::paragraph);
    rest.remove_prefix(size);
  }
  y_ += after;
}

std::string Paper::finish() {
  write_foot();
  return canvas_.finish();
}

void Losses::add(const Losses& more) {
  glyphs += more.glyphs;
  texts.insert(texts.end(), more.texts.begin(), more.texts.end());
  ended.insert(more.ended.begin(), more.ended.end());
}

std::vector<std::string> warnings_of(const Losses& losses) {
  std::vector<std::string> warnings;
  if (!losses.ended.empty()) {
    constexpr std::size_t most_texts = 3;
    std::string texts;
    std::size_t count = 0;
    for (const std::string& text : losses.ended) {
      if (++count > most_texts) break;
      texts += (texts.empty() ? "\"" : ", \"") + text + "\"";
    }
    const bool one = losses.ended.size() == 1;
    warnings.push_back(job::counted(losses.ended.size(), "text") + " had no room for all of " +
                       (one ? "it and ends" : "them and end") + " with …: " + texts);
  }
  if (losses.glyphs == 0) return warnings;
  std::string texts, packages;
  for (const std::string& text : losses.texts) {
    texts += (texts.empty() ? "\"" : ", \"") + text + "\"";
    for (const std::string_view package : packages_for(text))
      if (packages.find(package) == std::string::npos) packages.append(packages.empty() ? "" : " ").append(package);
  }
  const bool one = losses.glyphs == 1;
  warnings.push_back(job::counted(losses.glyphs, "letter") + (one ? " is shown as a box" : " are shown as boxes") +
                     ", because no font here has " + (one ? "it: " : "them: ") + texts +
                     (packages.empty() ? "" : "; the fonts are in " + packages));
  return warnings;
}

}  // namespace millrace::reports
