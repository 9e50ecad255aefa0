#include "canvas.hpp"

#include <algorithm>
#include <numbers>

#include "../support/job.hpp"
#include "../support/moment.hpp"
#include "typesetter.hpp"

namespace millrace::reports {

namespace {

cairo_status_t take(void* out, const unsigned char* bytes, unsigned size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

cairo_status_t give(void* rest, unsigned char* bytes, unsigned size) {
  auto& left = *static_cast<std::string_view*>(rest);
  if (left.size() < size) return CAIRO_STATUS_READ_ERROR;
  std::copy_n(left.begin(), size, bytes);
  left.remove_prefix(size);
  return CAIRO_STATUS_SUCCESS;
}

/// A PNG in memory.
class Picture {
 public:
  Picture(const DrawingLibrary& library, std::string_view png)
      : library_(library), surface_(library.cairo_image_surface_create_from_png_stream(give, &png)) {
    if (library.cairo_surface_status(surface_) == CAIRO_STATUS_SUCCESS) return;
    library.cairo_surface_destroy(surface_);
    throw job::Failure{"invalid", "brand.logo: the PNG is broken"};
  }
  ~Picture() { library_.cairo_surface_destroy(surface_); }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  cairo_surface_t* surface() const { return surface_; }
  double width() const { return library_.cairo_image_surface_get_width(surface_); }
  double height() const { return library_.cairo_image_surface_get_height(surface_); }
  double scale_in(Box box) const { return std::min(box.width / width(), box.height / height()); }

 private:
  const DrawingLibrary& library_;
  cairo_surface_t* surface_;
};

/// Cairo numbers the surfaces of a process: the only thing in a drawing that depends on what was drawn before.
void forget_number(std::string& svg) {
  constexpr std::string_view name = "id=\"surface";
  const std::size_t at = svg.find(name);
  if (at == std::string::npos) return;
  const std::size_t number = at + name.size();
  svg.erase(number, svg.find('"', number) - number);
}

const char* tag_of(Role role) {
  switch (role) {
    case Role::document:
      return "Document";
    case Role::title:
      return "H1";
    case Role::heading:
      return "H2";
    case Role::paragraph:
      return "P";
    case Role::figure:
      return "Figure";
    case Role::table:
      return "Table";
    case Role::table_row:
      return "TR";
    case Role::table_head:
      return "TH";
    case Role::table_cell:
      return "TD";
  }
  return "";
}

}  // namespace

struct Canvas::Inner {
  const DrawingLibrary& library = drawing_library();
  std::string out = {};  // before the surface, which writes into it to its end
  cairo_surface_t* surface = nullptr;
  cairo_t* cairo = nullptr;
  bool tagged = false;
  std::unique_ptr<Typesetter> typesetter = nullptr;

  /// REQUIRES: `surface`.
  void open(std::string_view language) {
    cairo = library.cairo_create(surface);
    check(library.cairo_status(cairo));
    typesetter = std::make_unique<Typesetter>(cairo, language);
  }
  ~Inner() {
    typesetter.reset();
    library.cairo_destroy(cairo);
    library.cairo_surface_destroy(surface);
  }
  void check(cairo_status_t status) const {
    if (status != CAIRO_STATUS_SUCCESS)
      throw job::Failure{"internal", std::string("cannot draw a report: ") + library.cairo_status_to_string(status)};
  }
  void use(Colour colour) const { library.cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue); }
  void trace(const std::vector<Point>& points) const {
    library.cairo_new_path(cairo);
    for (const Point& point : points) library.cairo_line_to(cairo, point.x, point.y);
  }
};

Canvas::Canvas(std::unique_ptr<Inner> inner, Size page) : inner_(std::move(inner)), page_(page) {}
Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&&) noexcept = default;

Canvas Canvas::pdf(Size page, std::string_view language, const Facts& facts) {
  auto inner = std::make_unique<Inner>();
  const DrawingLibrary& library = inner->library;
  inner->surface = library.cairo_pdf_surface_create_for_stream(take, &inner->out, page.width, page.height);
  inner->open(language);
  inner->tagged = true;
  const auto say = [&](cairo_pdf_metadata_t what, const std::string& text) {
    library.cairo_pdf_surface_set_metadata(inner->surface, what, text.c_str());
  };
  say(CAIRO_PDF_METADATA_TITLE, one_paragraph(facts.title));
  say(CAIRO_PDF_METADATA_AUTHOR, one_paragraph(facts.author));
  say(CAIRO_PDF_METADATA_CREATOR, "Millrace");
  say(CAIRO_PDF_METADATA_CREATE_DATE, job::time_text(facts.made));
  return Canvas(std::move(inner), page);
}

Canvas Canvas::svg(Size size, std::string_view language) {
  auto inner = std::make_unique<Inner>();
  inner->surface = inner->library.cairo_svg_surface_create_for_stream(take, &inner->out, size.width, size.height);
  inner->open(language);
  return Canvas(std::move(inner), size);
}

void Canvas::next_page(Size size) {
  write_gathered();
  inner_->library.cairo_show_page(inner_->cairo);
  inner_->library.cairo_pdf_surface_set_size(inner_->surface, size.width, size.height);
  page_ = size;
  ++page_number_;
}

std::string Canvas::finish() {
  write_gathered();
  inner_->check(inner_->library.cairo_status(inner_->cairo));
  inner_->library.cairo_surface_finish(inner_->surface);
  inner_->check(inner_->library.cairo_surface_status(inner_->surface));
  if (!inner_->tagged) forget_number(inner_->out);
  return std::move(inner_->out);
}

void Canvas::fill(Box box, Colour colour, double radius) {
  const DrawingLibrary& library = inner_->library;
  cairo_t* const cairo = inner_->cairo;
  constexpr double quarter = std::numbers::pi / 2;
  library.cairo_new_path(cairo);
  if (radius == 0) {
    library.cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
  } else {
    const double right = box.x + box.width - radius, lower = box.y + box.height - radius;
    library.cairo_arc(cairo, right, box.y + radius, radius, -quarter, 0);
    library.cairo_arc(cairo, right, lower, radius, 0, quarter);
    library.cairo_arc(cairo, box.x + radius, lower, radius, quarter, 2 * quarter);
    library.cairo_arc(cairo, box.x + radius, box.y + radius, radius, 2 * quarter, 3 * quarter);
    library.cairo_close_path(cairo);
  }
  inner_->use(colour);
  library.cairo_fill(cairo);
}

void Canvas::line(Point from, Point to, Colour colour, double width) { path({from, to}, colour, width); }

void Canvas::rules(const std::vector<double>& heights, double left, double width, Colour colour) {
  const DrawingLibrary& library = inner_->library;
  if (heights.empty()) return;
  library.cairo_new_path(inner_->cairo);
  for (const double y : heights) {
    library.cairo_move_to(inner_->cairo, left, y);
    library.cairo_line_to(inner_->cairo, left + width, y);
  }
  inner_->use(colour);
  library.cairo_set_line_width(inner_->cairo, 0.4);
  library.cairo_set_line_cap(inner_->cairo, CAIRO_LINE_CAP_BUTT);
  library.cairo_stroke(inner_->cairo);
}

void Canvas::path(const std::vector<Point>& points, Colour colour, double width) {
  inner_->trace(points);
  inner_->use(colour);
  inner_->library.cairo_set_line_width(inner_->cairo, width);
  inner_->library.cairo_set_line_join(inner_->cairo, CAIRO_LINE_JOIN_ROUND);
  inner_->library.cairo_set_line_cap(inner_->cairo, CAIRO_LINE_CAP_ROUND);
  inner_->library.cairo_stroke(inner_->cairo);
}

void Canvas::polygon(const std::vector<Point>& points, Colour colour) {
  inner_->trace(points);
  inner_->library.cairo_close_path(inner_->cairo);
  inner_->use(colour);
  inner_->library.cairo_fill(inner_->cairo);
}

void Canvas::dot(Point centre, double radius, Colour colour) {
  inner_->library.cairo_new_path(inner_->cairo);
  inner_->library.cairo_arc(inner_->cairo, centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
  inner_->use(colour);
  inner_->library.cairo_fill(inner_->cairo);
}

Size Canvas::measure(std::string_view text, const Pen& pen, const Fit& fit) {
  return inner_->typesetter->measure(text, pen, fit);
}

Size Canvas::write(std::string_view text, const Pen& pen, Point place, const Fit& fit) {
  return inner_->typesetter->write(text, pen, place, fit);
}

std::size_t Canvas::bytes_in(std::string_view text, const Pen& pen, double width, int lines) {
  return inner_->typesetter->bytes_in(text, pen, width, lines);
}

std::optional<double> Canvas::plain_width(std::string_view text, const Pen& pen) {
  return inner_->typesetter->plain_width(text, pen);
}

void Canvas::gather(std::string_view text, const Pen& pen, Point place) {
  inner_->typesetter->gather(text, pen, place);
}

void Canvas::write_gathered() { inner_->typesetter->write_gathered(); }

Size Canvas::size_in(std::string_view png, Box box) {
  const Picture picture(inner_->library, png);
  return {picture.width() * picture.scale_in(box), picture.height() * picture.scale_in(box)};
}

void Canvas::image(std::string_view png, Box box) {
  const DrawingLibrary& library = inner_->library;
  const Picture picture(library, png);
  const double scale = picture.scale_in(box);
  library.cairo_save(inner_->cairo);
  library.cairo_translate(inner_->cairo, box.x, box.y + (box.height - picture.height() * scale) / 2);
  library.cairo_scale(inner_->cairo, scale, scale);
  library.cairo_set_source_surface(inner_->cairo, picture.surface(), 0, 0);
  library.cairo_paint(inner_->cairo);
  library.cairo_restore(inner_->cairo);
}

void Canvas::begin(Role role) {
  if (!inner_->tagged) return;
  write_gathered();
  inner_->library.cairo_tag_begin(inner_->cairo, tag_of(role), nullptr);
}

void Canvas::end(Role role) {
  if (!inner_->tagged) return;
  write_gathered();
  inner_->library.cairo_tag_end(inner_->cairo, tag_of(role));
}

void Canvas::bookmark(const std::string& title, double y) {
  if (!inner_->tagged) return;
  const std::string place =
      "page=" + std::to_string(page_number_) + " pos=[0 " + std::to_string(static_cast<int>(y)) + "]";
  inner_->library.cairo_pdf_surface_add_outline(inner_->surface, CAIRO_PDF_OUTLINE_ROOT, one_paragraph(title).c_str(),
                                                place.c_str(), CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

const Losses& Canvas::losses() const { return inner_->typesetter->losses(); }

}  // namespace millrace::reports
