#include "paper.hpp"

#include <algorithm>

namespace millrace::reports {

namespace {

constexpr double margin = 56, foot_height = 64;
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

/// The package that has letters like these; empty where nobody knows.
std::string_view package_for(std::string_view text) {
  for (const char letter : text) {
    const auto lead = static_cast<unsigned char>(letter);
    if (lead >= 0xF0) return "fonts-noto-color-emoji";
    if (lead >= 0xE3 && lead <= 0xED) return "fonts-noto-cjk";
    if (lead >= 0xCD && lead < 0xE3) return "fonts-noto-core";
  }
  return "";
}

}  // namespace

Paper::Paper(const Description& description) : description_(description), canvas_(open_canvas(description)) {}

Size Paper::size() const { return size_of(description_, lying_); }
double Paper::left() const { return margin; }
double Paper::width() const { return canvas_.page().width - 2 * margin; }
double Paper::room() const { return canvas_.page().height - foot_height - y_; }

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
  canvas_.write(text, caption, {left(), y}, {width() - taken - 20});
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

void Paper::write_heading(std::string_view text) {
  canvas_.bookmark(std::string(text), y_);
  canvas_.begin(Role::heading);
  const Pen pen{15, true, dark_enough(description_.brand.colour, 4.5)};
  y_ += canvas_.write(text, pen, {left(), y_}, {width(), Side::left, 3}).height + 8;
  canvas_.end(Role::heading);
}

void Paper::write_paragraph(std::string_view text, const Pen& pen, double after) {
  const Fit fit{width(), Side::left, 40};
  need(canvas_.measure(text, pen, fit).height);
  canvas_.begin(Role::paragraph);
  y_ += canvas_.write(text, pen, {left(), y_}, fit).height + after;
  canvas_.end(Role::paragraph);
}

std::string Paper::finish() {
  write_foot();
  return canvas_.finish();
}

std::vector<std::string> warnings_of(const MissingGlyphs& missing) {
  if (missing.glyphs == 0) return {};
  std::string texts, packages;
  for (const std::string& text : missing.texts) {
    texts += (texts.empty() ? "\"" : ", \"") + text + "\"";
    const std::string package(package_for(text));
    if (!package.empty() && packages.find(package) == std::string::npos)
      packages += (packages.empty() ? "" : " ") + package;
  }
  return {std::to_string(missing.glyphs) + " letters are shown as boxes, because no font here has them: " + texts +
          (packages.empty() ? "" : "; the fonts are in " + packages)};
}

}  // namespace millrace::reports
